// A real PostgreSQL for tests: one private server for the whole test program, a new database for each test.
#pragma once

#include <memory>
#include <string>

#include "embedded/embedded.h"
#include "pg/connection.h"
#include "support/uuid.h"
#include "testing/server_guard.h"
#include "testing/temp_dir.h"

namespace sqlmig::testing {

// Errors are thrown, so that a missing server fails the test.
class TestCluster {
 public:
  static TestCluster& Instance() {
    static TestCluster cluster;
    return cluster;
  }

  // key=value connection string of a database of the server.
  std::string Conninfo(const std::string& database) const { return server_->Conninfo(database); }

  // The name of a new, empty database.
  std::string FreshDatabase() {
    const std::string name = "sqlmig_test_" + RandomUuid();
    Execute("CREATE DATABASE " + QuoteIdentifier(name) + " TEMPLATE template0 ENCODING 'UTF8'");
    return name;
  }

  // A statement in the maintenance database, as superuser.
  void Execute(const std::string& sql) const {
    Connection::Open(sqlmig::Conninfo::Parse(Conninfo("postgres")), SessionSettings{}, nullptr).Query(sql);
  }

  TestCluster(const TestCluster&) = delete;
  TestCluster& operator=(const TestCluster&) = delete;

 private:
  TestCluster() {
    EmbeddedSettings settings = TestServerSettings(folder_.path());
    guard_ = std::make_unique<ServerGuard>(settings);
    server_ = std::make_unique<EmbeddedServer>(std::move(settings));
    server_->Start();
  }

  TempDir folder_;  // goes last
  std::unique_ptr<ServerGuard> guard_;
  std::unique_ptr<EmbeddedServer> server_;
};

}  // namespace sqlmig::testing
