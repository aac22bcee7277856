#include "plan/target.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "plan/wording.h"
#include "support/counted.h"
#include "support/edit_distance.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::string_view kGrammar =
    "a target is head, heads, base, current, @tag, +N, -N, an id or a unique prefix of one, or id+N or id-N";

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

constexpr std::size_t kMaxOffsetText = 10;  // a sign and nine digits

// "-12" -> -12. Nothing unless the whole text is a sign and digits; throws when they are too many.
std::optional<std::int64_t> ParseOffset(std::string_view text) {
  if (text.size() < 2 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  if (!std::all_of(text.begin() + 1, text.end(), IsDigit)) return std::nullopt;
  if (text.size() > kMaxOffsetText) {
    throw Error(ErrorCode::kTarget, fmt::format("'{}' is too large an offset", text)).Hint("use a smaller number");
  }
  std::int64_t number = 0;
  for (const char digit : text.substr(1)) number = number * 10 + (digit - '0');
  return text[0] == '-' ? -number : number;
}

// Where a trailing +N or -N begins.
std::optional<std::size_t> OffsetStart(std::string_view text) {
  std::size_t i = text.size();
  while (i > 0 && IsDigit(text[i - 1])) --i;
  if (i == text.size() || i < 2 || (text[i - 1] != '+' && text[i - 1] != '-')) return std::nullopt;
  return i - 1;
}

std::optional<TargetTerm::Kind> WordKind(std::string_view word) {
  if (word == "head") return TargetTerm::Kind::kHead;
  if (word == "heads") return TargetTerm::Kind::kHeads;
  if (word == "base") return TargetTerm::Kind::kBase;
  if (word == "current") return TargetTerm::Kind::kCurrent;
  return std::nullopt;
}

bool IsTargetCharacter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == '.' || c == '+';
}

bool IsTagCharacter(char c) {
  return IsTargetCharacter(c) || c == '/';
}

// What a squash replaces is no migration any more, and no state between two of them can be reached.
void RefuseReplaced(std::string_view name, const Situation& situation) {
  const auto found = situation.replaced_by.find(name);
  if (found == situation.replaced_by.end()) return;
  const std::string& squash = situation.graph.id(found->second).str();
  throw Error(ErrorCode::kTarget, fmt::format("'{}' is no migration any more: '{}' replaces it", name, squash))
      .Hint(fmt::format("name '{}', or use a checkout from before the squash", squash));
}

[[noreturn]] void ThrowUnknownName(std::string_view name, const Situation& situation) {
  RefuseReplaced(name, situation);
  std::vector<std::string> candidates;
  for (Node node = 0; node < situation.graph.size(); ++node) {
    candidates.push_back(situation.graph.id(node).str());
    if (const auto slug = SlugOf(candidates.back()); !slug.empty()) candidates.emplace_back(slug);
  }
  candidates.insert(candidates.end(), {"head", "heads", "base", "current"});
  auto near = DidYouMean(name, candidates);
  // A part in the middle is not taken, or every new migration could make a name mean something else.
  const auto holds = [&](const std::string& id) { return name.size() > 2 && id.find(name) != std::string::npos; };
  if (const auto found = std::find_if(candidates.begin(), candidates.end(), holds);
      !near && found != candidates.end()) {
    near = *found;
  }
  throw Error(ErrorCode::kTarget, fmt::format("no migration is called '{}'", Printable(name)))
      .Hint(near ? fmt::format("did you mean '{}'?", *near)
                 : "'sqlmig history' lists the ids; a unique beginning of an id, or of what follows its number, is "
                   "enough");
}

// Exact id, then prefixes; nothing when no id begins so.
std::optional<Node> FindName(std::string_view name, const Situation& situation) {
  if (const auto exact = situation.graph.Find(name)) return exact;
  for (const bool by_slug : {false, true}) {
    std::vector<Node> candidates;
    std::vector<Node> whole;
    for (const Node node : situation.graph.Order()) {
      const std::string_view id = situation.graph.id(node).str();
      const std::string_view text = by_slug ? SlugOf(id) : id;
      if (!text.starts_with(name)) continue;
      candidates.push_back(node);
      if (text == name) whole.push_back(node);
    }
    if (candidates.size() == 1) return candidates.front();
    if (whole.size() == 1) return whole.front();
    if (candidates.size() > 1) {
      throw Error(ErrorCode::kTarget,
                  fmt::format("'{}' is the beginning of several ids: {}", name, List(candidates, situation.graph)))
          .Hint("type more of the id");
    }
  }
  return std::nullopt;
}

Node TheHead(const Situation& situation, std::string_view text) {
  const NodeSet heads = situation.Heads();
  if (heads.empty()) throw Error(ErrorCode::kTarget, fmt::format("'{}' names nothing: there are no migrations", text));
  const std::vector<Node> sorted = situation.graph.Sorted(heads);
  if (sorted.size() == 1) return sorted.front();
  throw Error(ErrorCode::kHeads, fmt::format("there are {} heads, so '{}' is not one migration: {}", sorted.size(),
                                             text, List(sorted, situation.graph)))
      .Hint("use 'heads' for all of them, name one, or join them with 'sqlmig merge'");
}

// The offset-th node after (positive) or before the anchor in plan order, among its descendants or ancestors.
Node StepFrom(Node anchor, std::int64_t offset, const Situation& situation, std::string_view text) {
  if (offset == 0) return anchor;
  const Graph& graph = situation.graph;
  NodeSet one = graph.EmptySet();
  one.Insert(anchor);
  const NodeSet related = offset > 0 ? graph.DescendantsOf(one) : graph.AncestorsOf(one);
  const std::vector<Node> sorted = graph.Sorted(related);
  const auto distance = static_cast<std::size_t>(offset > 0 ? offset : -offset);
  if (distance >= sorted.size()) {
    throw Error(ErrorCode::kTarget, fmt::format("'{}' leads outside: '{}' has {}", text, graph.id(anchor).str(),
                                                Counted(sorted.size() - 1, offset > 0 ? "descendant" : "ancestor")))
        .Hint("use a smaller number, or 'base' or 'heads'");
  }
  return offset > 0 ? sorted[distance] : sorted[sorted.size() - 1 - distance];
}

Node ResolveNameWithOffset(const std::string& text, const Situation& situation) {
  if (const auto node = FindName(text, situation)) return *node;
  const auto start = OffsetStart(text);
  if (!start) ThrowUnknownName(text, situation);
  const std::string_view name = std::string_view(text).substr(0, *start);
  const auto anchor = FindName(name, situation);
  // What ends in -N may be a mistyped id of that spelling; no id has a '+'.
  if (!anchor) ThrowUnknownName(text[*start] == '+' ? name : text, situation);
  return StepFrom(*anchor, ParseOffset(std::string_view(text).substr(*start)).value(), situation, text);
}

void ResolveTag(const TargetTerm& term, const Situation& situation, ResolvedTargets* resolved) {
  const auto found = situation.tags->find(term.name);
  if (found == situation.tags->end()) {
    std::vector<std::string> names;
    for (const auto& [name, ids] : *situation.tags) names.push_back(name);
    const auto near = DidYouMean(term.name, names);
    throw Error(ErrorCode::kTarget, fmt::format("the manifest has no tag '{}'", term.name))
        .Hint(near ? fmt::format("did you mean '@{}'?", *near) : "tags are declared under 'tags:' of the manifest");
  }
  // A tag may name ids of several databases; each takes its own.
  for (const Dependency& id : found->second) {
    if (const auto node = situation.graph.Find(id.id.str())) resolved->nodes.Insert(*node);
  }
  if (resolved->nodes.empty()) resolved->base = true;
}

void ResolveBaseOffset(const TargetTerm& term, const Situation& situation, ResolvedTargets* resolved) {
  if (term.offset == 0) {
    resolved->base = true;
    return;
  }
  const std::vector<Node> known = situation.graph.Sorted(situation.known);
  if (term.offset < 0 || static_cast<std::size_t>(term.offset) > known.size()) {
    throw Error(ErrorCode::kTarget,
                fmt::format("'{}' leads outside: the manifest has {}", term.text, Counted(known.size(), "migration")));
  }
  // base+N: the N first steps from nothing, so all of them, not just the N-th with its ancestors.
  for (std::int64_t i = 0; i < term.offset; ++i) resolved->nodes.Insert(known[static_cast<std::size_t>(i)]);
}

void ResolveCurrent(const TargetTerm& term, const Situation& situation, ResolvedTargets* resolved) {
  const NodeSet current = situation.Current();
  if (term.offset == 0) {
    resolved->nodes.InsertAll(current);
    if (current.empty()) resolved->base = true;
    return;
  }
  const std::vector<Node> nodes = situation.graph.Sorted(current);
  if (nodes.size() != 1) {
    throw Error(ErrorCode::kTarget, fmt::format("'{}' needs one current migration, there are {}{}{}", term.text,
                                                nodes.size(), nodes.empty() ? "" : ": ", List(nodes, situation.graph)))
        .Hint("use +N or -N, or name the migration to count from");
  }
  resolved->nodes.Insert(StepFrom(nodes.front(), term.offset, situation, term.text));
}

void ResolveHead(const TargetTerm& term, const Situation& situation, ResolvedTargets* resolved) {
  // As 'heads': an empty manifest has nothing to do.
  if (term.offset == 0 && situation.known.empty()) return;
  resolved->nodes.Insert(StepFrom(TheHead(situation, term.text), term.offset, situation, term.text));
}

void ResolveHeads(const TargetTerm& term, const Situation& situation, ResolvedTargets* resolved) {
  if (term.offset != 0) {
    throw Error(ErrorCode::kTarget, fmt::format("'{}' is not a target: 'heads' takes no number", term.text))
        .Hint(std::string(kGrammar));
  }
  resolved->nodes.InsertAll(situation.Heads());
}

// REQUIRES: not kSteps.
void ResolveTerm(const TargetTerm& term, const Situation& situation, ResolvedTargets* resolved) {
  // An id may be spelled head-1, base-1 or current-1.
  if (const auto exact = situation.graph.Find(term.text); exact && term.offset != 0) {
    resolved->nodes.Insert(*exact);
    return;
  }
  switch (term.kind) {
    case TargetTerm::Kind::kHead:
      ResolveHead(term, situation, resolved);
      break;
    case TargetTerm::Kind::kHeads:
      ResolveHeads(term, situation, resolved);
      break;
    case TargetTerm::Kind::kBase:
      ResolveBaseOffset(term, situation, resolved);
      break;
    case TargetTerm::Kind::kCurrent:
      ResolveCurrent(term, situation, resolved);
      break;
    case TargetTerm::Kind::kTag:
      ResolveTag(term, situation, resolved);
      break;
    case TargetTerm::Kind::kName:
      resolved->nodes.Insert(ResolveNameWithOffset(term.name, situation));
      break;
    case TargetTerm::Kind::kSteps:
      break;
  }
}

}  // namespace

TargetTerm ParseTarget(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return Error(ErrorCode::kTarget, fmt::format("'{}' is not a target: {}", Printable(text.substr(0, 100)), why))
        .Hint(std::string(kGrammar));
  };
  if (text.empty()) throw wrong("it is empty");
  TargetTerm term;
  term.text = std::string(text);
  if (text.front() == '@') {
    term.kind = TargetTerm::Kind::kTag;
    term.name = std::string(text.substr(1));
    if (term.name.empty()) throw wrong("a tag's name follows '@'");
    if (!std::all_of(term.name.begin(), term.name.end(), IsTagCharacter)) {
      throw wrong("it has a character that no tag has");
    }
    return term;
  }
  if (!std::all_of(text.begin(), text.end(), IsTargetCharacter)) throw wrong("it has a character that no id has");
  if (const auto steps = ParseOffset(text)) {
    term.kind = TargetTerm::Kind::kSteps;
    term.offset = *steps;
    if (*steps == 0) throw wrong("0 steps lead nowhere");
    return term;
  }
  const auto offset_start = OffsetStart(text);
  const std::string_view word = offset_start ? text.substr(0, *offset_start) : text;
  const bool fits = !offset_start || text.size() - *offset_start <= kMaxOffsetText;
  if (const auto kind = WordKind(word); kind && fits) {
    term.kind = *kind;
    if (offset_start) term.offset = ParseOffset(text.substr(*offset_start)).value();
    return term;
  }
  if (text.front() == '-' || text.front() == '+' || text.front() == '.') throw wrong("no id begins so");
  term.name = std::string(text);
  return term;
}

std::vector<TargetTerm> ParseTargets(const std::vector<std::string>& texts) {
  std::vector<TargetTerm> terms;
  terms.reserve(texts.size());
  for (const std::string& text : texts) terms.push_back(ParseTarget(text));
  return terms;
}

Node ResolveName(std::string_view name, const Situation& situation) {
  if (const auto node = FindName(name, situation)) return *node;
  ThrowUnknownName(name, situation);
}

ResolvedTargets ResolveTargets(const std::vector<TargetTerm>& terms, const Situation& situation) {
  ResolvedTargets resolved{situation.graph.EmptySet()};
  for (const TargetTerm& term : terms) {
    if (term.kind != TargetTerm::Kind::kSteps) {
      ResolveTerm(term, situation, &resolved);
      continue;
    }
    if (terms.size() != 1) {
      throw Error(ErrorCode::kTarget, fmt::format("'{}' stands alone, not beside other targets", term.text))
          .Hint("give the number of steps, or name the migrations");
    }
    resolved.steps = term.offset;
  }
  return resolved;
}

}  // namespace sqlmig
