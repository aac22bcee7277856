#include "verify/cause_place.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "verify/effect.h"
#include "verify/sql_form.h"

namespace sqlmig {
namespace {

struct Phrase {
  std::string_view what;
  std::array<std::string_view, 3> words;  // any of them
};
// Words of statements that set a property.
constexpr std::array<Phrase, 32> kPhrases = {{{"clustered", {"cluster"}},
                                              {"collation", {"collate"}},
                                              {"comment", {"comment"}},
                                              {"compression", {"compression"}},
                                              {"cache", {"cache"}},
                                              {"check", {"check"}},
                                              {"cycle", {"cycle"}},
                                              {"default", {"default"}},
                                              {"enabled", {"enable", "disable"}},
                                              {"generated", {"generated", "expression"}},
                                              {"identity", {"identity"}},
                                              {"increment", {"increment"}},
                                              {"inherits", {"inherit", "inherits"}},
                                              {"labels", {"value", "enum"}},
                                              {"maximum", {"maxvalue"}},
                                              {"minimum", {"minvalue"}},
                                              {"not null", {"null", "primary"}},
                                              {"options", {"set", "reset", "with"}},
                                              {"owned by", {"owned"}},
                                              {"owner", {"owner"}},
                                              {"partition bound", {"partition"}},
                                              {"partition of", {"partition"}},
                                              {"persistence", {"logged", "unlogged"}},
                                              {"replica identity", {"replica"}},
                                              {"row security", {"security"}},
                                              {"start", {"start"}},
                                              {"statistics target", {"statistics"}},
                                              {"storage", {"storage"}},
                                              {"toast options", {"set", "reset", "with"}},
                                              {"type", {"type"}},
                                              {"valid", {"valid", "validate"}},
                                              {"definition", {"create", "add"}}}};

class Places {
 public:
  Places(const PreparedStep& step, const CatalogObject& object)
      : step_(step),
        object_(object),
        own_(BareName(ShortNameOf(object))),
        parent_(object.parent.empty() ? std::string() : BareName(ParentName(object))) {}

  TextLocation Find(const std::string& what) const {
    const Statement* found = what == "object" ? nullptr : LastThatSets(what);
    if (found == nullptr) found = LastThatCreates();
    if (found == nullptr) found = LastThatNames();
    if (found == nullptr) return {step_.path, {}};
    return {step_.path, step_.script.PositionInFile(found->begin)};
  }

 private:
  std::string_view TextOf(const Statement& statement) const {
    return std::string_view(step_.script.sql).substr(statement.begin, statement.end - statement.begin);
  }
  bool Has(const Statement& statement, std::string_view word) const {
    return !word.empty() && MentionsName(TextOf(statement), word);
  }

  template <typename Condition>
  const Statement* Last(const Condition& condition) const {
    const auto& statements = step_.script.statements;
    const auto found = std::find_if(statements.rbegin(), statements.rend(), condition);
    return found == statements.rend() ? nullptr : &*found;
  }

  const Statement* LastThatSets(const std::string& what) const {
    return Last([&](const Statement& statement) {
      if (!Has(statement, own_) || (!parent_.empty() && !Has(statement, parent_))) return false;
      if (what.starts_with(kPrivilegesOf)) return Has(statement, "grant") || Has(statement, "revoke");
      if (what.starts_with("security label")) return Has(statement, "label");
      // A comment on a column names its table, too.
      if (what == "comment" && !Has(statement, object_.kind.substr(object_.kind.rfind(' ') + 1))) return false;
      const auto* const phrase =
          std::find_if(kPhrases.begin(), kPhrases.end(), [&](const Phrase& known) { return known.what == what; });
      if (phrase == kPhrases.end()) return false;
      return std::any_of(phrase->words.begin(), phrase->words.end(),
                         [&](std::string_view word) { return Has(statement, word); });
    });
  }

  const Statement* LastThatCreates() const {
    const Statement* const named = Last([&](const Statement& statement) { return Creates(statement, own_); });
    if (parent_.empty()) return named;
    const Statement* const added = Last([&](const Statement& statement) {
      return Has(statement, own_) && Has(statement, parent_) && (Creates(statement, own_) || Has(statement, "add"));
    });
    if (added != nullptr) return added;
    // Columns, and constraints that the server has named.
    const Statement* const inside = Last([&](const Statement& statement) {
      return Creates(statement, parent_) && (Has(statement, own_) || object_.kind != "column");
    });
    return inside != nullptr ? inside : named;
  }

  // Whether it begins "CREATE ... name": before the name there is nothing that another name stands behind.
  bool Creates(const Statement& statement, const std::string& name) const {
    const std::string_view text = TextOf(statement);
    const std::string_view head = text.substr(0, text.find('('));
    if (!MentionsName(head, "create") || !MentionsName(head, name)) return false;
    for (const std::string_view word : {" on ", " as ", " references ", " returns ", " for ", " execute "}) {
      const auto same = [](char a, char b) {
        return (a == '\n' || a == '\t' ? ' ' : a >= 'A' && a <= 'Z' ? a + 32 : a) == b;
      };
      const auto found = std::search(head.begin(), head.end(), word.begin(), word.end(), same);
      const auto length = static_cast<std::size_t>(found - head.begin());
      if (found != head.end() && !MentionsName(head.substr(0, length + 1), name)) return false;
    }
    return true;
  }

  const Statement* LastThatNames() const {
    const Statement* both = Last([&](const Statement& statement) {
      return Has(statement, own_) && (parent_.empty() || Has(statement, parent_));
    });
    if (both != nullptr) return both;
    const Statement* const own = Last([&](const Statement& statement) { return Has(statement, own_); });
    if (own != nullptr) return own;
    const auto& statements = step_.script.statements;
    const auto first = std::find_if(statements.begin(), statements.end(),
                                    [&](const Statement& statement) { return Has(statement, parent_); });
    return first == statements.end() ? nullptr : &*first;
  }

  const PreparedStep& step_;
  const CatalogObject& object_;
  std::string own_;
  std::string parent_;
};

}  // namespace

TextLocation PlaceInScript(const PreparedStep& step, const CatalogObject& object, const std::string& what) {
  return Places(step, object).Find(what);
}

}  // namespace sqlmig
