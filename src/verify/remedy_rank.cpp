#include "verify/remedy_rank.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "verify/sql_form.h"

namespace sqlmig {
namespace {

// As they are made.
constexpr std::array<std::string_view, 41> kMakingOrder = {"schema",
                                                           "extension",
                                                           "access method",
                                                           "language",
                                                           "foreign data wrapper",
                                                           "server",
                                                           "user mapping",
                                                           "collation",
                                                           "conversion",
                                                           "text search parser",
                                                           "text search template",
                                                           "text search dictionary",
                                                           "text search configuration",
                                                           "type",
                                                           "attribute",
                                                           "domain",
                                                           "domain constraint",
                                                           "sequence",
                                                           "function",
                                                           "procedure",
                                                           "aggregate",
                                                           "operator",
                                                           "operator family",
                                                           "operator class",
                                                           "cast",
                                                           "transform",
                                                           "table",
                                                           "foreign table",
                                                           "column",
                                                           "constraint",
                                                           "index",
                                                           "statistics object",
                                                           "view",
                                                           "materialized view",
                                                           "rule",
                                                           "trigger",
                                                           "policy",
                                                           "publication",
                                                           "subscription",
                                                           "event trigger",
                                                           "database setting"};

enum Group { kDrops = 0, kChanges = 1, kMakes = 2, kSays = 3, kDefaults = 4 };

int KindRank(const Difference& difference) {
  const bool foreign_key = difference.before.starts_with("FOREIGN KEY") || difference.after.starts_with("FOREIGN KEY");
  const std::string_view kind = difference.kind == "constraint" && foreign_key ? "statistics object" : difference.kind;
  const auto* const found = std::find(kMakingOrder.begin(), kMakingOrder.end(), kind);
  return static_cast<int>(found - kMakingOrder.begin());
}

// What a column must lose before its type is changed, then the type, which takes its storage back, then all else.
int ColumnRank(const std::string& what, bool to_default) {
  if (what == "identity" || what == "generated") return to_default ? 0 : 6;
  if (what == "default") return to_default ? 1 : 3;
  if (what == "type" || what == "collation") return 2;
  if (what == "storage" || what == "compression") return 4;
  return what == "not null" ? 5 : 7;
}

bool IsSaid(const std::string& what) {
  return what == "comment" || what == "owner" || what.starts_with(kPrivilegesOf) || what.starts_with("security label");
}

}  // namespace

int RemedyRank(const Difference& difference, const Remedy& remedy, const CatalogObject* to) {
  const int kind = KindRank(difference);
  const auto rank = [](Group group, int first, int second) {
    return (static_cast<int>(group) * 100 + first) * 10 + second;
  };
  if (difference.kind == "default privileges") return rank(kDefaults, 0, 0);
  if (to == nullptr && remedy.drops == 0) return rank(kSays, kind + 1, 0);
  if (to == nullptr) return rank(kDrops, static_cast<int>(kMakingOrder.size()) - kind, 0);
  if (difference.what == "object") return rank(kMakes, kind, 0);
  if (IsSaid(difference.what)) return rank(kSays, difference.what == "owner" ? 0 : kind + 1, 0);
  const bool column = difference.kind == "column" || difference.kind == "attribute";
  const bool anew = difference.what == "definition" || remedy.drops > 0;
  return rank(kChanges, kind,
              column ? ColumnRank(difference.what, PropertyOf(*to, difference.what).empty())
              : anew ? 0
                     : 1);
}

}  // namespace sqlmig
