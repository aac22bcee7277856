// A real PostgreSQL for tests: one private server for the whole test program, a new database for each test.
#pragma once

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "embedded/embedded.h"
#include "pg/connection.h"
#include "support/uuid.h"
#include "testing/server_guard.h"
#include "testing/temp_dir.h"

namespace sqlmig::testing {

// SQLMIG_TEST_PG, a connection string of a superuser, names a server to use instead. Errors are thrown, so that a
// missing server fails the test.
class TestCluster {
 public:
  static TestCluster& Instance() {
    static TestCluster cluster;
    return cluster;
  }

  // key=value connection string of a database of the server.
  std::string Conninfo(const std::string& database) const {
    if (server_) return server_->Conninfo(database);
    sqlmig::Conninfo conninfo = sqlmig::Conninfo::Parse(external_);
    conninfo.Set("dbname", database);
    std::string text;
    for (const auto& [key, value] : conninfo.values()) {
      text += key + "='";
      for (const char c : value) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
      }
      text += "' ";
    }
    return text;
  }

  // The name of a new, empty database. Those on a server that stays are dropped in the end.
  std::string FreshDatabase() {
    const std::string name = "sqlmig_test_" + RandomUuid();
    Execute("CREATE DATABASE " + QuoteIdentifier(name) + " TEMPLATE template0 ENCODING 'UTF8'");
    databases_.push_back(name);
    return name;
  }

  // A statement in the maintenance database, as superuser.
  void Execute(const std::string& sql) const {
    Connection::Open(sqlmig::Conninfo::Parse(Conninfo("postgres")), SessionSettings{}, nullptr).Query(sql);
  }

  // nullptr: the server is not ours.
  EmbeddedServer* server() { return server_.get(); }

  TestCluster(const TestCluster&) = delete;
  TestCluster& operator=(const TestCluster&) = delete;

 private:
  TestCluster() {
    if (const char* external = std::getenv("SQLMIG_TEST_PG")) {
      external_ = external;
      return;
    }
    folder_ = std::make_unique<TempDir>();
    EmbeddedSettings settings = TestServerSettings(folder_->path());
    guard_ = std::make_unique<ServerGuard>(settings);
    server_ = std::make_unique<EmbeddedServer>(std::move(settings));
    server_->Start();
  }
  ~TestCluster() {
    if (server_) return;
    for (const std::string& name : databases_) {
      try {
        Execute("DROP DATABASE IF EXISTS " + QuoteIdentifier(name) + " WITH (FORCE)");
      } catch (const Error&) {
        continue;
      }
    }
  }

  std::string external_;
  std::unique_ptr<TempDir> folder_;  // goes last
  std::unique_ptr<ServerGuard> guard_;
  std::unique_ptr<EmbeddedServer> server_;
  std::vector<std::string> databases_;
};

}  // namespace sqlmig::testing
