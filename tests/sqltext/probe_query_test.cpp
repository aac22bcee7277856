#include "sqltext/probe_query.h"

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

std::string ComplaintOf(const std::string& sql) {
  const auto complaint = ComplaintOfProbe(sql);
  return complaint ? complaint->message : "";
}

TEST(ProbeQueryTest, QueriesAreProbes) {
  for (const char* const sql :
       {"SELECT 1", "select 1;", "/* c */ VALUES (1)", "TABLE users", "((SELECT 1) UNION SELECT 2)",
        "WITH a AS (SELECT 1) SELECT * FROM a", "SELECT 'a; COMMIT'"}) {
    EXPECT_EQ(ComplaintOf(sql), "") << sql;
  }
}

TEST(ProbeQueryTest, WhatIsNoQueryIsNone) {
  EXPECT_EQ(ComplaintOf("COMMIT"), "a probe must be a query, and 'COMMIT' begins none");
  EXPECT_EQ(ComplaintOf("BEGIN; SELECT 1; COMMIT"), "a probe must be a query, and 'BEGIN' begins none");
  EXPECT_EQ(ComplaintOf("DELETE FROM users"), "a probe must be a query, and 'DELETE' begins none");
  EXPECT_EQ(ComplaintOf("-- nothing"), "a probe must be a query, and this one is empty");
  EXPECT_EQ(ComplaintOf("SELECT 1; SELECT 2"), "a probe must be one query, not 2");
  EXPECT_EQ(ComplaintOf("SELECT 1; COMMIT"),
            "a probe must be one query: 'COMMIT' ends the transaction that the script runs in");
}

}  // namespace
}  // namespace sqlmig
