#include "fleet/member_table.h"

#include <algorithm>
#include <cstddef>

#include <csv.h>
#include <fmt/format.h>

#include "manifest/problems.h"
#include "manifest/yaml_document.h"
#include "support/error.h"

namespace sqlmig {
namespace {

class CsvReader {
 public:
  explicit CsvReader(MemberTable* table) : table_(table) {
    if (csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI) != 0) throw std::bad_alloc();
  }
  ~CsvReader() { csv_free(&parser_); }
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  // Byte by byte, so that a row knows its line.
  void Read(std::string_view text) {
    for (const char& byte : text) {
      if (row_.line == 0 && byte != '\r' && byte != '\n') row_.line = line_;
      if (csv_parse(&parser_, &byte, 1, OnField, OnRow, this) != 1) Refuse();
      if (byte == '\n') ++line_;
    }
    if (csv_fini(&parser_, OnField, OnRow, this) != 0) Refuse();
  }

 private:
  static void OnField(void* data, std::size_t length, void* self) {
    static_cast<CsvReader*>(self)->row_.values.emplace_back(std::string(static_cast<const char*>(data), length));
  }
  // Never called for an empty line.
  static void OnRow(int, void* self) { static_cast<CsvReader*>(self)->EndRow(); }

  void EndRow() {
    if (header_) {
      for (const auto& name : row_.values) table_->columns.push_back(*name);
      header_ = false;
    } else {
      table_->rows.push_back(std::move(row_));
    }
    row_ = {};
  }

  [[noreturn]] void Refuse() const {
    throw Error(ErrorCode::kMember,
                fmt::format("{}:{}: this is no list of comma-separated values: a quote is not closed, or "
                            "stands within a value",
                            table_->source, row_.line))
        .Hint("a value with commas, quotes or line ends is written \"...\", with quotes in it doubled");
  }

  MemberTable* table_;
  csv_parser parser_{};
  MemberRow row_;
  int line_ = 1;
  bool header_ = true;
};

Error NotYamlMembers(const MemberTable& table, TextPosition at) {
  return Error(ErrorCode::kMember,
               fmt::format("{}:{}:{}: this is no list of members", table.source, at.line, at.column))
      .Hint("write one line for each: - {name: ada, url: bot_ada}");
}

std::size_t ColumnOf(MemberTable* table, std::string_view name) {
  const auto found = std::find(table->columns.begin(), table->columns.end(), name);
  if (found != table->columns.end()) return static_cast<std::size_t>(found - table->columns.begin());
  table->columns.emplace_back(name);
  return table->columns.size() - 1;
}

}  // namespace

MemberTable ParseMemberCsv(std::string_view text, std::string source) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  MemberTable table;
  table.source = std::move(source);
  CsvReader(&table).Read(text);
  return table;
}

MemberTable ParseMemberYaml(std::string_view text, std::string source) {
  MemberTable table;
  table.source = std::move(source);
  Problems problems;
  const YamlDocument document = YamlDocument::Parse(text, problems);
  if (!problems.empty()) {
    const Error first = std::move(problems).ToErrors(table.source, text).front();
    throw Error(ErrorCode::kMember, fmt::format("{}:{}:{}: {}", table.source, first.location().at.line,
                                                first.location().at.column, first.message()))
        .Hint(first.hint());
  }
  if (document.root() == nullptr) return table;
  if (document.root()->kind != NodeKind::kSequence) throw NotYamlMembers(table, document.At(*document.root()));
  ForEachItem(*document.root(), [&](const YamlNode& item) {
    if (item.kind != NodeKind::kMap) throw NotYamlMembers(table, document.At(item));
    MemberRow row;
    row.line = document.At(item).line;
    ForEachPair(item, [&](const YamlNode& key, const YamlNode& value) {
      if (value.kind != NodeKind::kScalar && value.kind != NodeKind::kNull)
        throw NotYamlMembers(table, document.At(value));
      const std::size_t column = ColumnOf(&table, document.Text(key));
      if (row.values.size() <= column) row.values.resize(column + 1);
      if (row.values[column]) throw NotYamlMembers(table, document.At(key));  // the same key twice
      if (value.kind == NodeKind::kNull) return;
      row.values[column] = std::string(document.Text(value));
    });
    table.rows.push_back(std::move(row));
  });
  // Keys that only later items have.
  for (MemberRow& row : table.rows) row.values.resize(table.columns.size());
  return table;
}

}  // namespace sqlmig
