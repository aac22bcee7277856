#include <unordered_map>

#include <fmt/format.h>

#include "graph/cycle.h"
#include "graph/cycle_text.h"
#include "graph/graph.h"
#include "support/edit_distance.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::size_t kSpelledOut = 12;
constexpr std::size_t kMaxSuggestions = 20;  // comparing an id with all others is linear in the manifest
constexpr std::size_t kMaxReported = 100;    // so is finding the line to show

class Checker {
 public:
  Checker(std::span<const Migration> migrations, const std::filesystem::path& file, std::string_view text)
      : migrations_(migrations), file_(file), text_(text) {}

  std::vector<Error> Run() {
    for (Node node = 0; node < migrations_.size(); ++node) {
      ids_.push_back(migrations_[node].id);
      by_id_.emplace(migrations_[node].id.str(), node);
    }
    for (Node node = 0; node < migrations_.size(); ++node) CheckDependencies(node);
    for (Node node = 0; node < migrations_.size(); ++node) CheckReplaced(node);
    for (const auto& cycle : FindCycles(migrations_.size(), std::move(edges_))) ReportCycle(cycle);
    if (left_out_ > 0) {
      problems_.push_back(
          Error(ErrorCode::kGraph, fmt::format("and {} more problems, the first of them here", left_out_))
              .At({file_, first_left_out_})
              .Hint("correct those above first"));
    }
    return std::move(problems_);
  }

 private:
  void CheckDependencies(Node node) {
    for (const Dependency& dependency : migrations_[node].depends_on) {
      const auto found = by_id_.find(dependency.id.str());
      if (found == by_id_.end()) {
        ReportUnknown(node, dependency);
      } else if (migrations_[found->second].id == migrations_[node].id) {
        Report(dependency.declared_at, fmt::format("'{}' depends on itself", dependency.id.str()),
               "remove it from its own depends_on");
      } else {
        edges_.emplace_back(node, found->second);
      }
    }
  }

  // What is replaced is gone from the manifest, and one migration stands in its place.
  void CheckReplaced(Node node) {
    const Migration& migration = migrations_[node];
    for (const MigrationId& id : migration.replaces) {
      if (by_id_.contains(id.str())) {
        Report(migration.declared_at,
               fmt::format("'{}' replaces '{}', which is still declared", migration.id.str(), id.str()),
               fmt::format("remove the line of '{}', or take it out of 'replaces'", id.str()));
      }
      const auto [other, first] = replaced_.emplace(id.str(), node);
      if (first || other->second == node) continue;
      Report(migration.declared_at,
             fmt::format("'{}' replaces '{}', and so does '{}'", migration.id.str(), id.str(),
                         migrations_[other->second].id.str()),
             "take it out of one of them");
    }
  }

  void ReportUnknown(Node node, const Dependency& dependency) {
    std::string hint = "add the missing migration, or correct the id in depends_on";
    if (suggestions_++ < kMaxSuggestions) {
      if (candidates_.empty()) {
        for (const MigrationId& id : ids_) candidates_.push_back(id.str());
      }
      if (const auto near = DidYouMean(dependency.id.str(), candidates_))
        hint = fmt::format("did you mean '{}'?", *near);
    }
    Report(dependency.declared_at,
           fmt::format("'{}' depends on '{}', which does not exist", migrations_[node].id.str(), dependency.id.str()),
           hint);
  }

  void ReportCycle(const std::vector<Node>& cycle) {
    const Migration& first = migrations_[cycle.front()];
    TextPosition at = first.declared_at;
    for (const Dependency& dependency : first.depends_on) {
      if (dependency.id == migrations_[cycle[1 % cycle.size()]].id) at = dependency.declared_at;
    }
    Report(at, fmt::format("dependency cycle: {}", CycleText(cycle, ids_)),
           "remove one of these dependencies: a migration can only depend on what is applied before it");
  }

  void Report(TextPosition at, std::string message, std::string hint) {
    if (problems_.size() == kMaxReported) {
      if (left_out_++ == 0) first_left_out_ = at;
      return;
    }
    problems_.push_back(Error(ErrorCode::kGraph, std::move(message))
                            .At({file_, at})
                            .Excerpt(ExcerptAt(text_, at))
                            .Hint(std::move(hint)));
  }

  std::span<const Migration> migrations_;
  const std::filesystem::path& file_;
  std::string_view text_;
  std::vector<MigrationId> ids_;
  std::vector<std::string> candidates_;
  std::size_t suggestions_ = 0;
  std::unordered_map<std::string_view, Node> by_id_;
  std::unordered_map<std::string_view, Node> replaced_;
  Edges edges_;
  std::vector<Error> problems_;
  std::size_t left_out_ = 0;
  TextPosition first_left_out_;
};

}  // namespace

std::string CycleText(const std::vector<Node>& cycle, const std::vector<MigrationId>& ids) {
  std::string text;
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    const bool middle = cycle.size() > kSpelledOut && i >= kSpelledOut / 2 && i + kSpelledOut / 2 < cycle.size();
    if (!middle) {
      text += ids[cycle[i]].str() + " -> ";
    } else if (i == kSpelledOut / 2) {
      text += fmt::format("... {} more ... -> ", cycle.size() - kSpelledOut);
    }
  }
  return text + ids[cycle.front()].str();
}

std::vector<Error> CheckGraph(std::span<const Migration> migrations, const std::filesystem::path& file,
                              std::string_view text) {
  return Checker(migrations, file, text).Run();
}

}  // namespace sqlmig
