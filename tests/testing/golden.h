// Golden files: the expected text of an output lives in tests/golden/<name>. SQLMIG_UPDATE_GOLDEN=1 in the environment
// writes what the code prints now instead of comparing; review the change with git.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace sqlmig::testing {

inline std::vector<std::string> LinesOf(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      lines.back() += " [no newline at the end]";
      break;
    }
    text.remove_prefix(end + 1);
  }
  return lines;
}

// The lines that differ, between what both texts begin and end with, with three lines of context: "-" expected, "+" is.
inline std::string ReadableDiff(std::string_view expected, std::string_view actual) {
  constexpr std::size_t kContext = 3;
  const std::vector<std::string> old_lines = LinesOf(expected);
  const std::vector<std::string> new_lines = LinesOf(actual);
  const std::size_t shorter = std::min(old_lines.size(), new_lines.size());
  std::size_t head = 0;
  while (head < shorter && old_lines[head] == new_lines[head]) ++head;
  std::size_t tail = 0;
  while (tail < shorter - head && old_lines[old_lines.size() - 1 - tail] == new_lines[new_lines.size() - 1 - tail])
    ++tail;

  std::ostringstream out;
  const std::size_t from = head > kContext ? head - kContext : 0;
  out << "@@ line " << from + 1 << " @@\n";
  for (std::size_t i = from; i < head; ++i) out << "  " << old_lines[i] << '\n';
  for (std::size_t i = head; i < old_lines.size() - tail; ++i) out << "- " << old_lines[i] << '\n';
  for (std::size_t i = head; i < new_lines.size() - tail; ++i) out << "+ " << new_lines[i] << '\n';
  const std::size_t after = old_lines.size() - tail;
  for (std::size_t i = after; i < std::min(after + kContext, old_lines.size()); ++i)
    out << "  " << old_lines[i] << '\n';
  return out.str();
}

inline std::optional<std::string> ReadGolden(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// `name` is the path below tests/golden, such as "graph/diamond.txt". Call inside SCOPED_TRACE to tell the caller.
inline void ExpectGolden(const std::string& name, const std::string& actual) {
  const std::filesystem::path path = std::filesystem::path(SQLMIG_SOURCE_DIR) / "tests" / "golden" / name;
  const char* update = std::getenv("SQLMIG_UPDATE_GOLDEN");
  if (update != nullptr && std::string_view(update) == "1") {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << actual;
    ASSERT_TRUE(file.flush().good()) << "cannot write " << path;
    return;
  }
  const std::optional<std::string> expected = ReadGolden(path);
  if (!expected) {
    ADD_FAILURE() << "no golden file " << path << "; SQLMIG_UPDATE_GOLDEN=1 writes it. The text is:\n" << actual;
    return;
  }
  if (*expected == actual) return;
  ADD_FAILURE() << "differs from " << path << " (SQLMIG_UPDATE_GOLDEN=1 accepts the new text)\n"
                << ReadableDiff(*expected, actual);
}

}  // namespace sqlmig::testing
