#include "exec/receipt_draft.h"

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

using std::chrono::milliseconds;
using Row = std::vector<std::optional<std::string>>;
using Scans = ReceiptDraft::Scans;

ReceiptDraft::Time At(int ms) {
  return ReceiptDraft::Time(std::chrono::hours(1)) + milliseconds(ms);
}

// oid, then what it is.
Row Relation(const char* oid, const char* name, const char* kind = "r", const char* filenode = "1",
             const char* table = "") {
  return {oid, name, kind, filenode, table, "f"};
}

Row Held(Row relation, const char* mode, bool granted = true, std::optional<std::string> waited = std::nullopt) {
  relation.insert(relation.end(), {mode, granted ? "t" : "f", std::move(waited)});
  return relation;
}

Row With(Row relation, const char* last) {
  relation.emplace_back(last);
  return relation;
}

// As HeldExpression gives it.
std::string List(const std::vector<std::string>& held) {
  std::string text;
  for (const std::string& one : held) text += (text.empty() ? "\"(" : ",\"(") + one + ")\"";
  return "{" + text + "}";
}

// Of a relation that other sessions do not see.
Row Unseen(const char* oid, const char* mode) {
  return {oid, std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt, mode, "t", std::nullopt};
}

TEST(ReceiptDraftTest, AHoldBeginsAtTheLookThatDidNotSeeIt) {
  ReceiptDraft draft;
  draft.Begin(At(0));
  draft.Look({{}}, At(100));
  draft.Look({{Held(Relation("20000", "public.a"), "AccessExclusiveLock")}}, At(200));
  draft.End(List({"20000,AccessExclusiveLock,1,0"}), Scans::kThisUnit, At(750));
  const std::vector<ReceiptLock> expected = {{"public.a", "table", {"ACCESS EXCLUSIVE"}, 0, 650, false, 0}};
  EXPECT_EQ(draft.Make().locks, expected);
}

TEST(ReceiptDraftTest, AWaitEndsWithTheLookThatDoesNotSeeItAnyMore) {
  ReceiptDraft draft;
  draft.Begin(At(0));
  const Row relation = Relation("20000", "public.a");
  draft.Look({{Held(relation, "AccessExclusiveLock", false, "90")}}, At(100));
  draft.Look({{Held(relation, "AccessExclusiveLock", false, "190")}}, At(200));
  draft.Look({{Held(relation, "AccessExclusiveLock")}}, At(300));
  draft.End(List({"20000,AccessExclusiveLock,1,0"}), Scans::kThisUnit, At(400));
  const std::vector<ReceiptLock> expected = {{"public.a", "table", {"ACCESS EXCLUSIVE"}, 290, 200, false, 0}};
  EXPECT_EQ(draft.Make().locks, expected);
}

TEST(ReceiptDraftTest, AServerThatDoesNotTellWhenAWaitBeganIsBelievedTheWholeInterval) {
  ReceiptDraft draft;
  draft.Begin(At(0));
  draft.Look({{Held(Relation("20000", "public.a"), "AccessExclusiveLock", false)}}, At(100));
  draft.End(List({"20000,AccessExclusiveLock,1,0"}), Scans::kThisUnit, At(150));
  EXPECT_EQ(draft.Make().locks.at(0).waited_ms, 150);
}

TEST(ReceiptDraftTest, ANewFileIsARewriteAndWhatIsNotKnownIsNotSaid) {
  ReceiptDraft draft;
  draft.Begin(At(0));
  draft.Look({{Held(Relation("20000", "public.a"), "AccessExclusiveLock"),
               Held(Relation("20001", "public.gone"), "AccessExclusiveLock"),
               Held(Relation("20002", "public.v", "v", "0"), "AccessShareLock")}},
             At(100));
  draft.End(List({"20000,AccessExclusiveLock,77,3", "20001,AccessExclusiveLock,,0", "20002,AccessShareLock,,0",
                  "20003,ShareLock,5,1"}),
            Scans::kUnknown, At(200));
  EXPECT_EQ(draft.Unknown(false), std::vector<Oid>{20003});
  draft.Learn({{With(Relation("20003", "public.late", "r", "5"), "f")}});
  const std::vector<ReceiptLock> expected = {
      {"public.a", "table", {"ACCESS EXCLUSIVE"}, 0, 200, true, std::nullopt},
      {"public.gone", "table", {"ACCESS EXCLUSIVE"}, 0, 200, false, std::nullopt},
      {"public.late", "table", {"SHARE"}, 0, 100, std::nullopt, std::nullopt},
      {"public.v", "view", {"ACCESS SHARE"}, 0, 200, false, std::nullopt}};
  EXPECT_EQ(draft.Make().locks, expected);
}

TEST(ReceiptDraftTest, WhatTheStepMadeConcernsNobody) {
  ReceiptDraft draft;
  draft.Begin(At(0));
  draft.Look({{Unseen("20000", "AccessExclusiveLock")}}, At(100));
  draft.End(List({"20000,AccessExclusiveLock,1,0", "20001,AccessExclusiveLock,1,0"}), Scans::kThisUnit, At(200));
  EXPECT_EQ(draft.Unknown(false), std::vector<Oid>{20001});
  draft.Learn({{With(Relation("20001", "public.b"), "t")}});
  EXPECT_EQ(draft.Make(), Receipt{});
}

TEST(ReceiptDraftTest, WhatNobodySawBeforeAndIsGoneWasTheSteps) {
  ReceiptDraft draft;
  draft.Begin(At(0));
  draft.End(List({"20000,AccessExclusiveLock,,0"}), Scans::kThisUnit, At(200));
  EXPECT_EQ(draft.Unknown(false), std::vector<Oid>{20000});
  draft.Learn({});
  EXPECT_TRUE(draft.Make().locks.empty());
}

TEST(ReceiptDraftTest, WhatTheCatalogStillShowedHasANameWhenItIsGone) {
  ReceiptDraft draft;
  draft.Begin(At(0));
  draft.SeeCatalog({{With(Relation("20000", "public.old"), "0"), With(Relation("20001", "public.other"), "0")}});
  draft.End(List({"20000,AccessExclusiveLock,,0", "20002,AccessExclusiveLock,,0"}), Scans::kUnknown, At(200));
  const std::vector<ReceiptLock> expected = {
      {"public.old", "table", {"ACCESS EXCLUSIVE"}, 0, 200, false, std::nullopt}};
  draft.Learn({});
  EXPECT_EQ(draft.Make().locks, expected);
}

TEST(ReceiptDraftTest, ABaselineTellsWhatIsNewAndWhatWasScannedBefore) {
  ReceiptDraft draft;
  draft.Begin(At(0));
  draft.SetBaseline({{With(Relation("20000", "public.a"), "5")}}, true);
  draft.End(List({"20000,ShareLock,1,7", "20001,AccessExclusiveLock,1,0"}), Scans::kThisUnit, At(9));
  EXPECT_TRUE(draft.Unknown(false).empty());
  const std::vector<ReceiptLock> expected = {{"public.a", "table", {"SHARE"}, 0, 9, false, 2}};
  EXPECT_EQ(draft.Make().locks, expected);
}

TEST(ReceiptDraftTest, AnIndexIsTheTablesUnlessItIsHeldMoreStrongly) {
  ReceiptDraft draft;
  draft.Begin(At(0));
  draft.SetBaseline(
      {{With(Relation("20000", "public.a"), "0"), With(Relation("20001", "public.a_i", "i", "1", "20000"), "0"),
        With(Relation("20002", "public.a_j", "i", "1", "20000"), "0")}},
      true);
  draft.End(List({"20000,ShareLock,1,0", "20001,AccessExclusiveLock,2,0", "20002,RowExclusiveLock,1,0"}),
            Scans::kThisUnit, At(9));
  const std::vector<ReceiptLock> expected = {{"public.a_i", "index", {"ACCESS EXCLUSIVE"}, 0, 9, true, std::nullopt},
                                             {"public.a", "table", {"SHARE"}, 0, 9, false, 0}};
  EXPECT_EQ(draft.Make().locks, expected);
}

TEST(ReceiptDraftTest, UnitsAddUp) {
  ReceiptDraft draft;
  draft.Begin(At(0));
  draft.Look({{Held(Relation("20000", "public.a"), "ShareUpdateExclusiveLock")}}, At(100));
  draft.End("", Scans::kUnknown, At(150));  // outside of a transaction
  draft.Begin(At(160));
  draft.End(List({"20000,AccessExclusiveLock,1,2", "20000,AccessShareLock,1,2"}), Scans::kThisUnit, At(200));
  draft.Begin(At(210));
  draft.End(List({"20000,AccessExclusiveLock,1,1"}), Scans::kThisUnit, At(400));
  EXPECT_EQ(draft.Unknown(true), std::vector<Oid>{20000});
  draft.Learn({{With(Relation("20000", "public.a"), "f")}});
  const std::vector<ReceiptLock> expected = {
      {"public.a", "table", {"ACCESS SHARE", "SHARE UPDATE EXCLUSIVE", "ACCESS EXCLUSIVE"}, 0, 190, false, 3}};
  EXPECT_EQ(draft.Make().locks, expected);
}

TEST(ReceiptDraftTest, ALockThatWasGivenBackWasHeld) {
  ReceiptDraft draft;
  draft.Begin(At(0));
  draft.Look({{Held(Relation("20000", "public.a"), "AccessExclusiveLock")}}, At(100));
  draft.Look({{}}, At(200));
  draft.End("{}", Scans::kThisUnit, At(900));
  EXPECT_EQ(draft.Make().locks.at(0).held_ms, 100);
}

TEST(ReceiptDraftTest, WaitsAndVictimsOfAllAttemptsCountAndLocksOfTheLast) {
  ReceiptDraft failed;
  failed.Begin(At(0));
  failed.SeeVictims(2, milliseconds(300));
  failed.Look({{Held(Relation("20000", "public.a"), "AccessExclusiveLock", false, "90"),
                Held(Relation("20001", "public.b"), "ShareLock")}},
              At(100));
  const ReceiptDraft::Past past = failed.Fail(At(400));
  ReceiptDraft draft;
  draft.Begin(At(500));
  draft.Continue(past);
  draft.SetBaseline({{With(Relation("20000", "public.a"), "0"), With(Relation("20001", "public.b"), "0")}}, true);
  draft.End(List({"20000,AccessExclusiveLock,1,0"}), Scans::kThisUnit, At(510));
  const Receipt expected{{{"public.a", "table", {"ACCESS EXCLUSIVE"}, 390, 10, false, 0}}, 2, 300};
  EXPECT_EQ(draft.Make(), expected);
}

TEST(ReceiptDraftTest, VictimsAreTheMostAtOneMoment) {
  ReceiptDraft draft;
  draft.Begin(At(0));
  draft.SeeVictims(3, milliseconds(100));
  draft.SeeVictims(1, milliseconds(700));
  EXPECT_EQ(draft.Make().victims, 3);
  EXPECT_EQ(draft.Make().longest_wait_ms, 700);
}

}  // namespace
}  // namespace sqlmig
