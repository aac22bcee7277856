#include "verify/row_digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sqlmig {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RowDigestTest, SaysWhatIsGoneWithItsTableOrColumn) {
  const RowDigests had = {{"public.a", {3, {}}},
                          {"public.b", {2, {{"x", {2, "7"}}, {"y", {0, "0"}}, {"z", {1, "5"}}}}},
                          {"public.empty", {0, {}}}};
  const RowDigests has = {{"public.b", {2, {{"x", {2, "7"}}}}}};
  EXPECT_THAT(Destroyed(had, has), ElementsAre("3 rows of public.a", "1 value of public.b.z"));
  EXPECT_THAT(Destroyed(had, had), IsEmpty());
}

TEST(RowDigestTest, SaysWhatStayedAndIsOther) {
  const RowDigests had = {{"public.a", {3, {{"x", {3, "7"}}}}}, {"public.b", {2, {{"x", {2, "7"}}, {"y", {2, "1"}}}}}};
  const RowDigests has = {{"public.a", {2, {{"x", {2, "4"}}}}}, {"public.b", {2, {{"x", {2, "8"}}}}}};
  EXPECT_THAT(Changed(had, has), ElementsAre("public.a has 2 rows instead of 3", "public.b.x has other values"));
}

TEST(RowDigestTest, WhatDidNotStayIsNotCompared) {
  RowDigests had = {{"public.a", {3, {}}}, {"public.b", {2, {{"x", {2, "7"}}, {"y", {2, "1"}}}}}};
  KeepWhatStayed({{"public.b", {2, {{"x", {2, "7"}}}}}}, &had);
  const RowDigests again = {{"public.a", {0, {}}}, {"public.b", {2, {{"x", {2, "7"}}, {"y", {0, "0"}}}}}};
  EXPECT_THAT(Changed(had, again), IsEmpty());
}

TEST(RowDigestTest, WhatIsRenamedIsNotGone) {
  const RowDigests had = {{"public.people", {2, {{"id", {2, "3"}}, {"nick", {2, "7"}}, {"note", {1, "5"}}}}}};
  const RowDigests renamed = {{"public.users", {2, {{"id", {2, "3"}}, {"name", {2, "7"}}, {"note", {1, "5"}}}}}};
  EXPECT_THAT(Destroyed(had, WithOldNames(had, renamed)), IsEmpty());
  const RowDigests column = {{"public.people", {2, {{"id", {2, "3"}}, {"name", {2, "7"}}}}}};
  EXPECT_THAT(Destroyed(had, WithOldNames(had, column)), ElementsAre("1 value of public.people.note"));
}

TEST(RowDigestTest, WhatHoldsSomethingElseIsNotTakenForARenamedOne) {
  const RowDigests had = {{"public.a", {2, {{"x", {2, "7"}}, {"y", {2, "7"}}}}}, {"public.b", {1, {{"x", {1, "7"}}}}}};
  const RowDigests has = {{"public.a", {2, {{"z", {2, "7"}}}}}, {"public.c", {1, {{"x", {1, "8"}}}}}};
  EXPECT_THAT(Destroyed(had, WithOldNames(had, has)), ElementsAre("2 values of public.a.y", "1 row of public.b"));
}

}  // namespace
}  // namespace sqlmig
