// Errors as text, so that a test compares all a person would read.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "sqltext/script.h"
#include "support/error.h"

namespace sqlmig {

inline std::string Rendered(const Error& error) {
  std::string text = fmt::format("{}:{}:{}: {}\n{}", error.location().file.string(), error.location().at.line,
                                 error.location().at.column, error.message(), error.excerpt());
  if (!error.hint().empty()) text += fmt::format("hint: {}\n", error.hint());
  for (const Error& other : error.also()) text += "also " + Rendered(other);
  return text;
}

// What ParseScript says against `text`; "" when nothing.
inline std::string Refusal(std::string_view text, ScriptMode mode) {
  try {
    ParseScript(std::string(text), "up.sql", mode);
    return {};
  } catch (const Error& error) {
    return error.code() == ErrorCode::kScript ? Rendered(error) : "wrong code: " + Rendered(error);
  }
}

}  // namespace sqlmig
