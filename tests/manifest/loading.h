// Manifests from text, and their problems as text.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "manifest/manifest.h"

namespace sqlmig::testing {

using Variables = std::map<std::string, std::string, std::less<>>;

inline LoadedManifest Load(std::string text, const Variables& variables = {}) {
  return ParseManifest("migrations.yaml", std::move(text), [&](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

// A line for each problem: "7:12: message | hint".
inline std::string Explain(const std::vector<Error>& problems) {
  std::string text;
  for (const Error& problem : problems) {
    const TextPosition at = problem.location().at;
    text += fmt::format("{}:{}: {} | {}\n", at.line, at.column, problem.message(), problem.hint());
  }
  return text;
}

}  // namespace sqlmig::testing
