// What a statement changes in the schema of a fresh database.
#pragma once

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/difference.h"
#include "catalog/snapshot.h"
#include "testing/pg_cluster.h"

namespace sqlmig::testing {

// "table public.t: comment: old => new"
inline std::string Short(const Difference& difference) {
  return difference.kind + " " + difference.object + ": " + difference.what + ": " + difference.before + " => " +
         difference.after;
}

inline std::vector<std::string> Short(const std::vector<Difference>& differences) {
  std::vector<std::string> texts;
  for (const Difference& difference : differences) texts.push_back(Short(difference));
  return texts;
}

class CatalogTest : public ::testing::Test {
 protected:
  using Texts = std::vector<std::string>;

  void Run(const std::string& sql) { connection_.Query(sql); }
  Snapshot Read(const CatalogOptions& options = {}) { return ReadCatalog(connection_, options); }

  // Differences that `sql` makes, and none once `undo` has run.
  Texts Changes(const std::string& sql, const std::string& undo = "") {
    const Snapshot before = Read();
    Run(sql);
    const Snapshot after = Read();
    const Texts texts = Short(Compare(before, after));
    EXPECT_EQ(texts.empty(), before.fingerprint() == after.fingerprint()) << sql;
    if (!undo.empty()) {
      Run(undo);
      EXPECT_EQ(Short(Compare(before, Read())), Texts()) << undo;
    }
    return texts;
  }

  int version() const { return connection_.server_version() / 10000; }

  std::string database_ = TestCluster::Instance().FreshDatabase();
  Connection connection_ = Connection::Open(Conninfo::Parse(TestCluster::Instance().Conninfo(database_)), {}, nullptr);
};

// Roles belong to the server: made once for the whole program.
inline void MakeRoles() {
  static const bool made = [] {
    TestCluster::Instance().Execute("CREATE ROLE app; CREATE ROLE \"Odd=/role\"");
    return true;
  }();
  static_cast<void>(made);
}

}  // namespace sqlmig::testing
