#include "pg/connect_error.h"

#include <gtest/gtest.h>

namespace sqlmig::testing {
namespace {

struct Said {
  const char* raw;
  const char* sqlstate;
  const char* hint_begins;
  bool waiting_may_help;
};

class ConnectErrorTest : public ::testing::TestWithParam<Said> {};

TEST_P(ConnectErrorTest, HasAStateAndAWayOut) {
  const Error error = ConnectError(Conninfo::Parse("postgresql://me@h/d"), GetParam().raw);
  EXPECT_EQ(error.sql().sqlstate, GetParam().sqlstate);
  EXPECT_TRUE(error.hint().starts_with(GetParam().hint_begins)) << error.hint();
  EXPECT_EQ(WaitingMayHelp(error), GetParam().waiting_may_help);
}

INSTANTIATE_TEST_SUITE_P(
    Known, ConnectErrorTest,
    ::testing::Values(
        Said{"connection to server at \"h\" failed: FATAL:  database \"d\" does not exist\n", "3D000",
             "create the database", true},
        Said{"connection to server at \"h\" failed: FATAL:  role \"me\" does not exist\n", "28000", "create the role",
             false},
        Said{"connection to server at \"h\" failed: FATAL:  role \"me\" is not permitted to log in\n", "28000",
             "let the role log in", false},
        Said{"FATAL:  no pg_hba.conf entry for host \"::1\", user \"me\", database \"d\", no encryption\n", "28000",
             "let the server's pg_hba.conf", false},
        Said{"FATAL:  password authentication failed for user \"me\"\n", "28P01", "check the user", false},
        Said{"FATAL:  sorry, too many clients already\n", "53300", "the server has no connection left", true},
        Said{"FATAL:  too many connections for role \"me\"\n", "53300", "the server has no connection left", true},
        Said{"FATAL:  the database system is starting up\n", "57P03", "wait until", true},
        Said{"definition of service \"no such\" not found\n", "", "correct the service's name", true},
        Said{"connection refused\n", "", "check that the server runs", true},
        Said{"unsupported startup parameter in options: lock_timeout", "", "a connection pooler", false}));

TEST(ConnectErrorTest, IsOneLine) {
  const Error error = ConnectError(Conninfo::Parse("postgresql://me@h/d"), "refused\n\tIs it running?\nlast\n");
  EXPECT_EQ(error.message(), "cannot connect to d on h as me: refused; Is it running? last");
}

}  // namespace
}  // namespace sqlmig::testing
