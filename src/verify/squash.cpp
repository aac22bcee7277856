#include "verify/squash.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "sqltext/secret.h"
#include "support/counted.h"
#include "verify/outside_dump.h"
#include "verify/row_digest.h"
#include "verify/server_turn.h"

namespace sqlmig {
namespace {

// The last value that a sequence has given, by its name; empty: none yet.
using SequenceValues = std::map<std::string, std::string>;

SequenceValues ReadSequences(Connection& connection, const std::string& ignored_schema) {
  const Rows rows = connection
                        .Query(fmt::format("SELECT pg_catalog.quote_ident(s.schemaname) || '.' || "
                                           "pg_catalog.quote_ident(s.sequencename), COALESCE(s.last_value::text, '') "
                                           "FROM pg_catalog.pg_sequences s WHERE s.schemaname <> {} ORDER BY 1",
                                           QuoteLiteral(ignored_schema)))
                        .at(0);
  SequenceValues values;
  for (std::size_t r = 0; r < rows.size(); ++r) values[rows.At(r, 0)] = rows.At(r, 1);
  return values;
}

// What must be the same.
struct World {
  Snapshot schema;
  RowDigests rows;
  SequenceValues sequences;
};

World Look(Replay& replay, const std::string& ledger_schema) {
  World world;
  world.schema = replay.ReadSchema();
  world.rows = ReadRows(replay.connection(), ledger_schema);
  world.sequences = ReadSequences(replay.connection(), ledger_schema);
  return world;
}

std::vector<std::string> OtherRows(const World& original, const World& squashed) {
  std::vector<std::string> other = Changed(original.rows, squashed.rows);
  for (const auto& [name, value] : original.sequences) {
    const auto found = squashed.sequences.find(name);
    if (found == squashed.sequences.end() || found->second == value) continue;
    const auto shown = [](const std::string& last) { return last.empty() ? std::string("nothing yet") : last; };
    other.push_back(
        fmt::format("sequence {} has given {} last instead of {}", name, shown(found->second), shown(value)));
  }
  return other;
}

// The file's text, but for an outer BEGIN and COMMIT, with the data of COPY back in its place; ends behind a statement.
std::string WholeText(const ParsedScript& script) {
  std::string text;
  std::size_t begin = 0;
  std::size_t next = 0;
  for (const Statement& statement : script.statements) {
    if (!statement.copy_from_stdin) continue;
    const std::size_t line_end = script.sql.find('\n', statement.end);
    const std::size_t cut = line_end == std::string::npos ? script.sql.size() : line_end + 1;
    text += script.sql.substr(begin, cut - begin);
    if (text.back() != '\n') text += '\n';
    text += script.copy_data.at(next++);
    if (text.back() != '\n') text += '\n';
    text += "\\.\n";
    begin = cut;
  }
  text += script.sql.substr(begin);
  // What an outer BEGIN and COMMIT have left.
  text.erase(0, text.find_first_not_of(" \t\r\n"));
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  text += '\n';
  const Statement& last = script.statements.back();
  const std::size_t behind = script.sql.find_first_not_of(" \t\r\n", last.end);
  const bool ended = behind != std::string::npos && script.sql[behind] == ';';
  return ended ? text : text + ";\n";
}

class Squasher {
 public:
  Squasher(Shadow& shadow, const SquashRequest& request)
      : shadow_(shadow),
        request_(request),
        subject_(request.subject),
        ledger_(request.settings.ledger.schema()),
        roles_(MakesServerObjects(subject_)),
        guard_(shadow),
        settings_(guard_.Guarded(request.settings)),
        empty_(shadow.Create()) {
    for (const Node node : request.set.nodes) members_.push_back(subject_.graph().Rank(node));
    NodeSet before = subject_.graph().EmptySet();
    for (const Node node : request.set.depends_on) before.Insert(node);
    for (const Node node : subject_.graph().Sorted(subject_.graph().AncestorsOf(before))) {
      before_.push_back(subject_.graph().Rank(node));
    }
  }

  SquashProof Make() {
    MakeLedger(request_.settings, empty_);
    return request_.set.from_base ? FromDump() : FromScripts();
  }

 private:
  SquashProof FromDump() {
    for (const std::size_t rank : members_) {
      const ParsedScript& script = subject_.Up(rank).script;
      if (const auto outside = FindOutsideDump(script)) {
        throw Unfit(rank, outside->why, outside->hint, outside->statement);
      }
      if (!MakesServerObjects(script)) continue;
      throw Unfit(rank,
                  "makes a role, a database or a tablespace, which belongs to the whole server, so that the dump of a "
                  "database has it not",
                  "make them outside of migrations, or begin the squash behind it");
    }
    const ScratchDatabase original = shadow_.Copy(empty_);
    const World world = RunOriginals(original);
    SquashProof proof;
    for (const bool owners : {false, true}) {
      proof = Try(world, Header() + request_.dump(original.conninfo(), WithoutRows(world), owners));
      const auto is_owner = [](const Difference& difference) { return difference.what == "owner"; };
      if (std::none_of(proof.differences.begin(), proof.differences.end(), is_owner)) break;
    }
    return proof;
  }

  SquashProof FromScripts() {
    const std::string up = Header() + Joined();
    std::optional<World> world;
    {
      const ServerTurn turn(shadow_, subject_, roles_);
      const ScratchDatabase original = shadow_.Copy(empty_);
      world = RunOriginals(original);
    }
    return Try(*world, up);
  }

  World RunOriginals(const ScratchDatabase& database) {
    Replay replay(settings_, database);
    const std::size_t total = before_.size() + members_.size();
    std::size_t done = 0;
    for (const auto* ranks : {&before_, &members_}) {
      for (const std::size_t rank : *ranks) {
        Run(replay, rank);
        if (request_.set.from_base) FollowLargeObjects(replay, rank);
        if (request_.progress) request_.progress(++done, total, subject_.At(rank).id.str());
      }
    }
    if (large_objects_of_) {
      throw Unfit(*large_objects_of_, "makes large objects, which no script can hold",
                  "keep them in columns of type bytea, make them outside of migrations, or begin the squash behind it",
                  FindLargeObjectUse(subject_.Up(*large_objects_of_).script));
    }
    return Look(replay, ledger_);
  }

  // pg_dump's way of writing them is transactions of its own.
  void FollowLargeObjects(Replay& replay, std::size_t rank) {
    const Rows some = replay.connection().Query("SELECT EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata)").at(0);
    if (some.At(0, 0) != "t") {
      large_objects_of_.reset();
    } else if (!large_objects_of_) {
      large_objects_of_ = rank;
    }
  }

  void Run(Replay& replay, std::size_t rank) {
    std::optional<Error> error = replay.Run(subject_.Up(rank));
    if (!error) return;
    error->AddContext(fmt::format("{} does not run in an empty database", subject_.At(rank).id.str()));
    error->SetHint("nothing was written; correct the script first, as 'sqlmig verify' shows");
    throw *error;
  }

  // The squash where the originals would run.
  SquashProof Try(const World& original, std::string up) {
    SquashProof proof;
    proof.up = std::move(up);
    for (const auto& [table, digest] : original.rows) {
      if (digest.rows > 0 && request_.set.from_base) proof.rows.push_back({table, digest.rows});
    }
    const PreparedStep step = StepOf(proof.up);
    const ServerTurn turn(shadow_, subject_, roles_);
    const ScratchDatabase database = shadow_.Copy(empty_);
    Replay replay(settings_, database);
    for (const std::size_t rank : before_) Run(replay, rank);
    proof.failed = replay.Run(step);
    if (proof.failed) return proof;
    const World world = Look(replay, ledger_);
    proof.differences = Compare(original.schema, world.schema);
    proof.other_rows = OtherRows(original, world);
    return proof;
  }

  PreparedStep StepOf(const std::string& up) const {
    PreparedStep step;
    step.step.id = request_.squash.id;
    step.migration = &request_.squash;
    step.path = request_.squash.up.path;
    step.script = ParseScript(up, step.path, ScriptMode::kTransactional);
    step.settings = subject_.database().defaults.settings;
    step.record.migration = &request_.squash;
    step.record.hash_algorithm = kHashAlgorithm;
    step.record.down_kind = DownKind::kIrreversible;
    return step;
  }

  // Tables without rows, and sequences that have given nothing.
  static std::vector<std::string> WithoutRows(const World& world) {
    std::vector<std::string> names;
    for (const auto& [table, digest] : world.rows) {
      if (digest.rows == 0) names.push_back(table);
    }
    for (const auto& [sequence, value] : world.sequences) {
      if (value.empty()) names.push_back(sequence);
    }
    return names;
  }

  std::string Header() const {
    return fmt::format("-- {} in one: {} to {}. Made by 'sqlmig squash'.\n\n", Counted(members_.size(), "migration"),
                       subject_.At(members_.front()).id.str(), subject_.At(members_.back()).id.str());
  }

  std::string Joined() const {
    std::string text;
    for (const std::size_t rank : members_) {
      RequireFit(rank);
      const PreparedStep& step = subject_.Up(rank);
      if (step.script.statements.empty()) continue;
      text += fmt::format("-- {}\n{}\n", subject_.At(rank).id.str(), WholeText(step.script));
    }
    return text;
  }

  void RequireFit(std::size_t rank) const {
    const PreparedStep& step = subject_.Up(rank);
    if (!step.step.transactional) {
      throw Unfit(rank, "runs without a transaction, and the squash is one script in one",
                  "squash from 'base', where the schema's dump takes its place, or leave it outside of the range");
    }
    if (!step.script.isolation_level.empty()) {
      throw Unfit(rank, fmt::format("asks for the isolation level {}", step.script.isolation_level),
                  "squash from 'base', or leave it outside of the range");
    }
    if (step.settings.settings != subject_.database().defaults.settings.settings) {
      throw Unfit(rank, "runs under settings of its own", "squash from 'base', or leave it outside of the range");
    }
  }

  // At the statement that begins at this offset of its script, else where the manifest has it.
  Error Unfit(std::size_t rank, const std::string& why, std::string hint,
              std::optional<std::size_t> statement = std::nullopt) const {
    Error error(ErrorCode::kScript, fmt::format("cannot squash {}: it {}", subject_.At(rank).id.str(), why));
    error.SetHint(std::move(hint));
    if (!statement) return std::move(error).At(subject_.DeclaredAt(rank));
    const PreparedStep& step = subject_.Up(rank);
    const TextPosition at = step.script.PositionInFile(*statement);
    return std::move(error).At({step.path, at}).Excerpt(ExcerptWithoutSecret(step.script.original, at));
  }

  Shadow& shadow_;
  const SquashRequest& request_;
  const Subject& subject_;
  const std::string ledger_;
  const bool roles_;
  const ServerGuard guard_;
  const ReplaySettings settings_;
  const ScratchDatabase empty_;
  std::vector<std::size_t> before_;              // ranks of what the set depends on, directly or not
  std::vector<std::size_t> members_;             // ranks of the set
  std::optional<std::size_t> large_objects_of_;  // the rank behind which there are some, and until the end
};

}  // namespace

SquashProof MakeSquash(Shadow& shadow, const SquashRequest& request) {
  return Squasher(shadow, request).Make();
}

}  // namespace sqlmig
