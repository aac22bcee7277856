// What a real server makes of a text: how many statements it finds in it, and what they do.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <libpq-fe.h>

namespace sqlmig::server_fuzz {

enum class Count { kNone, kOne, kSeveral, kRefused };

// What came of one statement.
struct Outcome {
  std::string tag;   // "SELECT 1"
  std::string rows;  // names of columns, then all values, sorted by row
  std::string error;
  std::size_t position = 0;  // of the error, in characters from 1; 0: none was given

  // For an error inside a function the server gives the place when it finds the function's text in the message just
  // once.
  bool operator==(const Outcome& other) const {
    const bool same_place = position == other.position || position == 0 || other.position == 0;
    return tag == other.tag && rows == other.rows && error == other.error && same_place;
  }
};

// A session that leaves nothing behind: all runs in transactions that are rolled back. A broken connection ends the
// program, for nobody sent what a server may die of.
class Server {
 public:
  explicit Server(const std::string& conninfo) : connection_(PQconnectdb(conninfo.c_str())) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) Fail();
    PQsetNoticeProcessor(
        connection_.get(), [](void*, const char*) {}, nullptr);
    Do("SET client_encoding = 'UTF8'; SET statement_timeout = '20s'");
    Do("DROP TABLE IF EXISTS t, u; CREATE TABLE t (a text, b text); CREATE TABLE u (a text)");
  }

  // By the grammar alone, for in a failed transaction the server looks no further: it refuses what it has parsed, and
  // says before whether that was more than one statement. COMMIT and ROLLBACK count as none.
  Count CountStatements(const std::string& text) {
    if (PQtransactionStatus(connection_.get()) != PQTRANS_INERROR) DoQuietly("BEGIN; SELECT 1/0");
    const Result result(PQprepare(connection_.get(), "", text.c_str(), 0, nullptr));
    if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) return Count::kNone;
    CheckConnection();
    if (Field(result, PG_DIAG_SQLSTATE) == "25P02") return Count::kOne;
    const bool several = Field(result, PG_DIAG_SOURCE_FUNCTION) == "exec_parse_message";
    return several ? Count::kSeveral : Count::kRefused;
  }

  void Begin() {
    if (PQtransactionStatus(connection_.get()) != PQTRANS_IDLE) Do("ROLLBACK");
    Do("BEGIN");
  }
  void Rollback() { Do("ROLLBACK"); }

  // In one message; `copies` is what each COPY ... FROM stdin in it gets, from the `next` on.
  std::vector<Outcome> Run(const std::string& text, const std::vector<std::string>& copies, std::size_t& next) {
    if (PQsendQuery(connection_.get(), text.c_str()) == 0) Fail();
    std::vector<Outcome> outcomes;
    for (Result result(PQgetResult(connection_.get())); result; result.reset(PQgetResult(connection_.get()))) {
      if (PQresultStatus(result.get()) == PGRES_COPY_IN) {
        SendCopy(next < copies.size() ? copies[next] : "");
        ++next;
      } else {
        outcomes.push_back(OutcomeOf(result));
      }
    }
    CheckConnection();
    return outcomes;
  }

 private:
  struct Closer {
    void operator()(PGconn* connection) const { PQfinish(connection); }
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Result = std::unique_ptr<PGresult, Closer>;

  static std::string Field(const Result& result, int field) {
    const char* value = PQresultErrorField(result.get(), field);
    return value == nullptr ? "" : value;
  }

  static Outcome OutcomeOf(const Result& result) {
    Outcome outcome{PQcmdStatus(result.get()), {}, {}, 0};
    if (PQresultStatus(result.get()) == PGRES_EMPTY_QUERY) outcome.tag = "(empty)";
    if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) {
      outcome.error = Field(result, PG_DIAG_SQLSTATE) + " " + Field(result, PG_DIAG_MESSAGE_PRIMARY);
      const std::string position = Field(result, PG_DIAG_STATEMENT_POSITION);
      outcome.position = position.empty() ? 0 : std::stoul(position);
    }
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      outcome.rows += std::string(PQfname(result.get(), column)) + "\x1E";
    }
    std::vector<std::string> rows;  // without an ORDER BY the server may give them in any order
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      rows.emplace_back();
      for (int column = 0; column < PQnfields(result.get()); ++column) {
        rows.back() += std::string(PQgetvalue(result.get(), row, column)) + "\x1F";
      }
    }
    std::sort(rows.begin(), rows.end());
    for (const std::string& row : rows) outcome.rows += row;
    return outcome;
  }

  void SendCopy(const std::string& data) {
    if (PQputCopyData(connection_.get(), data.data(), static_cast<int>(data.size())) != 1) Fail();
    if (PQputCopyEnd(connection_.get(), nullptr) != 1) Fail();
  }

  void DoQuietly(const char* sql) { const Result result(PQexec(connection_.get(), sql)); }

  void Do(const char* sql) {
    const Result result(PQexec(connection_.get(), sql));
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) Fail();
  }

  void CheckConnection() const {
    if (PQstatus(connection_.get()) != CONNECTION_OK) Fail();
  }

  [[noreturn]] void Fail() const {
    std::cerr << "server: " << PQerrorMessage(connection_.get()) << std::endl;
    std::exit(2);
  }

  std::unique_ptr<PGconn, Closer> connection_;
};

}  // namespace sqlmig::server_fuzz
