#include "sqltext/resumable.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sqltext/outline.h"
#include "sqltext/session_objects.h"
#include "sqltext/session_settings.h"
#include "support/error.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

class ResumeReader {
 public:
  ResumeReader(const std::filesystem::path& file, ParsedScript& script) : file_(file), script_(script) {}

  void Read() {
    for (unit_ = 0; unit_ < script_.units.size(); ++unit_) {
      const Unit& unit = script_.units[unit_];
      for (std::size_t i = unit.first_statement; i < unit.first_statement + unit.statements; ++i) {
        ReadSettings(i);
        ReadObjects(i);
      }
    }
  }

 private:
  struct Made {
    SessionObject object;
    std::size_t unit = 0;
    std::size_t statement = 0;
  };

  std::string_view TextAt(std::size_t index) const {
    const Statement& statement = script_.statements[index];
    return std::string_view(script_.sql).substr(statement.begin, statement.end - statement.begin);
  }

  Error ErrorOf(std::size_t index, std::string message) const {
    return ErrorAt(script_, file_, OffsetInOriginal(script_, script_.statements[index].begin), std::move(message));
  }

  void ReadSettings(std::size_t index) {
    for (const SettingChange& change : ReadSettingChanges(TextAt(index))) {
      if (change.local) continue;
      script_.units[unit_].sets.push_back(change.name);
      if (change.again || unit_ + 1 == script_.units.size()) continue;
      const std::string what = change.name.empty() ? "a setting" : fmt::format("'{}'", Printable(change.name));
      throw ErrorOf(index, fmt::format("this sets {} for the session, and a run that goes on in another session cannot "
                                       "do that again",
                                       what))
          .Hint(
              "write 'SET name = value;' as a statement of its own, or let it hold for the transaction only ('SET "
              "LOCAL', or 'true' as set_config's last argument), or put it into a migration of its own");
    }
  }

  void ReadObjects(std::size_t index) {
    const std::string_view text = TextAt(index);
    const std::vector<SessionObject> now = ReadSessionObjects(text);
    const auto is_gone = [&](const Made& made) {
      const auto same = [&](const SessionObject& object) {
        return object.kind == made.object.kind && object.name == made.object.name;
      };
      return DropsIfThere(text, made.object) || std::any_of(now.begin(), now.end(), same);
    };
    made_.erase(std::remove_if(made_.begin(), made_.end(), is_gone), made_.end());
    const auto lost = std::find_if(made_.begin(), made_.end(), [&](const Made& made) {
      return made.unit < unit_ && NeedsObject(text, made.object);
    });
    if (lost != made_.end()) RefuseLost(index, *lost);
    for (const SessionObject& object : now) made_.push_back({object, unit_, index});
  }

  [[noreturn]] void RefuseLost(std::size_t index, const Made& made) const {
    const std::string name = Printable(made.object.name);
    const int line = script_.PositionInFile(script_.statements[made.statement].begin).line;
    const auto refuse = [&](std::string_view what, std::string hint) {
      throw ErrorOf(index, fmt::format("the {} '{}' of line {} is gone when a run goes on here in another session",
                                       what, name, line))
          .Hint(std::move(hint));
    };
    const std::string together = "put 'BEGIN;' and 'COMMIT;' around all that needs it";
    switch (made.object.kind) {
      case SessionObject::Kind::kTemporary:
        refuse("temporary object", together + ", or make it a plain one and drop it at the script's end");
        break;
      case SessionObject::Kind::kPrepared:
        refuse("prepared statement", together + ", or write the statement itself");
        break;
      case SessionObject::Kind::kCursor:
        refuse("cursor", together);
        break;
    }
    throw Error(ErrorCode::kScript, "the script cannot go on in another session");
  }

  const std::filesystem::path& file_;
  ParsedScript& script_;
  std::size_t unit_ = 0;
  std::vector<Made> made_;
};

}  // namespace

void RequireResumable(const std::filesystem::path& file, ParsedScript& script) {
  if (script.units.size() > 1) ResumeReader(file, script).Read();
}

}  // namespace sqlmig
