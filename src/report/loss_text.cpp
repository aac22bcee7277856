#include "report/loss_text.h"

#include <fmt/format.h>

#include "report/loss_json.h"
#include "support/counted.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

const char* LostKind(RowLoss::Kind kind) {
  return kind == RowLoss::Kind::kTable ? "table" : "column";
}

}  // namespace

std::string LossText(const RowLoss& loss) {
  const char* const what = loss.kind == RowLoss::Kind::kTable ? "row" : "value";
  const std::string count = loss.rows ? Counted(static_cast<std::size_t>(*loss.rows), what)
                                      : fmt::format("{}s that could not be counted", what);
  return fmt::format("{} drops {} {} with {}{}", loss.migration.str(), LostKind(loss.kind), Printable(loss.name),
                     loss.estimated ? "about " : "", count);
}

std::string LossLines(const std::vector<RowLoss>& losses) {
  std::string text;
  for (const RowLoss& loss : losses) text += "  " + LossText(loss) + "\n";
  return text;
}

Json LossesJson(const std::vector<RowLoss>& losses) {
  Json json = Json::array();
  for (const RowLoss& loss : losses) {
    json.push_back({{"id", loss.migration.str()},
                    {"kind", LostKind(loss.kind)},
                    {"name", loss.name},
                    {"rows", loss.rows ? Json(*loss.rows) : Json()},
                    {"estimated", loss.estimated}});
  }
  return json;
}

}  // namespace sqlmig
