// What each target means for each verb, as tables: the state, what is typed, and the plan or the error.

#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "testing/world.h"

namespace sqlmig::testing {
namespace {

struct TargetCase {
  const char* name;
  const char* dag;
  const char* applied;
  const char* verb;
  std::vector<std::string> targets;
  const char* expected;
};

void PrintTo(const TargetCase& c, std::ostream* out) {
  *out << c.verb;
  for (const std::string& target : c.targets) *out << ' ' << target;
  *out << " with '" << c.applied << "' of '" << c.dag << "'";
}

class TargetTable : public ::testing::TestWithParam<TargetCase> {};

TEST_P(TargetTable, LeadsToThePlan) {
  const TargetCase& c = GetParam();
  World world(c.dag);
  world.Apply(c.applied);
  EXPECT_EQ(Outcome(world, c.verb, c.targets), c.expected);
}

std::string CaseName(const ::testing::TestParamInfo<TargetCase>& info) {
  return info.param.name;
}

constexpr const char* kOpen = "A; B1<-A; B2<-A";
constexpr const char* kChain =
    "20260101000000_create_users; 20260102000000_create_bots<-20260101000000_create_users; "
    "20260103000000_add_index<-20260102000000_create_bots";

// The same graph and questions as were put to Alembic; its answer, where ours differs, stands beside the row.
INSTANTIATE_TEST_SUITE_P(
    AsAlembic, TargetTable,
    ::testing::Values(
        TargetCase{
            "HeadOfSeveral",
            kOpen,
            "",
            "apply",
            {"head"},
            "heads: there are 2 heads, so 'head' is not one migration: B1, B2; use 'heads' for all of them, name "
            "one, or join them with 'sqlmig merge'"},
        TargetCase{"Heads", kOpen, "", "apply", {"heads"}, "+A +B1 +B2"},
        TargetCase{"NamedLeavesSiblings", kMerged, "", "apply", {"B2"}, "+A +B2"},
        TargetCase{"NamedIsApplied", kMerged, "A B1", "apply", {"A"}, ""},
        TargetCase{"MergeBringsTheOtherBranch", kMerged, "A B1", "apply", {"M"}, "+B2 +M"},
        // Alembic runs two: its +1 is an edge of the graph.
        TargetCase{"OneStepBelowMerge", kMerged, "A B1", "apply", {"+1"}, "+B2"},
        // Alembic: Ambiguous walk.
        TargetCase{"OneStepAtBranchPoint", kMerged, "A", "apply", {"+1"}, "+B1"},
        // Alembic: Ambiguous upgrade from multiple current revisions.
        TargetCase{"OneStepFromTwoHeads", kMerged, "A B1 B2", "apply", {"+1"}, "+M"},
        TargetCase{"StepsPastTheHead",
                   kMerged,
                   "A B1 B2 M C",
                   "apply",
                   {"+1"},
                   "target: '+1' leads outside: 0 migrations pending; use 'heads' for all that is pending"},
        TargetCase{"DowngradeLeavesTheSibling", kMerged, "A B1 B2 M C", "rollback", {"B1"}, "-C -M"},
        TargetCase{"DowngradeToBranchPoint", kMerged, "A B1 B2 M C", "rollback", {"A"}, "-C -M -B2 -B1"},
        TargetCase{"DowngradeToBase", kMerged, "A B1 B2 M C", "rollback", {"base"}, "-C -M -B2 -B1 -A"},
        // Alembic's `downgrade B1@A` undoes B1 alone; here that is said exactly.
        TargetCase{"DowngradeOneOfTwoHeads", kOpen, "A B1 B2", "exact", {"B2"}, "-B1"},
        TargetCase{"BranchAtSyntaxIsNone",
                   kOpen,
                   "A B1 B2",
                   "rollback",
                   {"B1@A"},
                   "target: 'B1@A' is not a target: it has a character that no id has; a target is head, heads, base, "
                   "current, @tag, +N, -N, an id or a unique prefix of one, or id+N or id-N"},
        // Alembic: Ambiguous walk for these three.
        TargetCase{"LastAtMerge", kMerged, "A B1 B2 M", "rollback", {"-1"}, "-M"},
        TargetCase{"LastTwoAcrossMerge", kMerged, "A B1 B2 M", "rollback", {"-2"}, "-M -B2"},
        TargetCase{"LastThreeAcrossMerge", kMerged, "A B1 B2 M", "rollback", {"-3"}, "-M -B2 -B1"},
        // Alembic undoes the first row of an unordered SELECT.
        TargetCase{"LastOfTwoHeads", kOpen, "A B1 B2", "rollback", {"-1"}, "-B2"},
        TargetCase{"LastOfTwoHeadsByRecord", kOpen, "A B2 B1", "rollback", {"-1"}, "-B1"},
        TargetCase{"DependantsOfOtherBranchesGoFirst",
                   "core1; net1; core2<-core1; net2<-net1,core2",
                   "core1 net1 core2 net2",
                   "rollback",
                   {"core1"},
                   "-net2 -core2"},
        // Alembic forgets B2, and its next upgrade dies on what is there already.
        TargetCase{"StampBackShowsWhatGoes", kMerged, "A B1 B2 M C", "stamp", {"B1"}, "-C -M -B2"},
        // Alembic: KeyError.
        TargetCase{"StampBackToTwo", kMerged, "A B1 B2 M", "stamp", {"B1", "B2"}, "-M"},
        TargetCase{"StampForward", kMerged, "", "stamp", {"heads"}, "+A +B1 +B2 +M +C"},
        TargetCase{"StampAcross", kOpen, "A B1", "stamp", {"B2"}, "-B1 +B2"},
        TargetCase{"StampBase", kOpen, "A B1", "stamp", {"base"}, "-B1 -A"},
        TargetCase{"StampTakesNoSteps",
                   kOpen,
                   "A",
                   "stamp",
                   {"+1"},
                   "target: a stamp takes ids, not a number of steps; name what shall count as applied"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Apply, TargetTable,
    ::testing::Values(
        TargetCase{"NothingMeansAllHeads", kOpen, "A", "apply", {}, "+B1 +B2"},
        TargetCase{"NothingToDo", kOpen, "A B1 B2", "apply", {}, ""},
        TargetCase{"EmptyManifest", "", "", "apply", {}, ""},
        TargetCase{"EmptyManifestHead", "", "", "apply", {"head"}, ""},
        TargetCase{"EmptyManifestHeads", "", "", "apply", {"heads"}, ""},
        TargetCase{"EmptyManifestHeadMinus",
                   "",
                   "",
                   "apply",
                   {"head-1"},
                   "target: 'head-1' names nothing: there are no migrations"},
        TargetCase{"Head", kMerged, "A B1", "apply", {"head"}, "+B2 +M +C"},
        TargetCase{"HeadMinus", kMerged, "", "apply", {"head-1"}, "+A +B1 +B2 +M"},
        TargetCase{"HeadMinusTwoIsTheLastBranch", kMerged, "", "apply", {"head-2"}, "+A +B2"},
        TargetCase{"HeadPlus",
                   kMerged,
                   "",
                   "apply",
                   {"head+1"},
                   "target: 'head+1' leads outside: 'C' has 0 descendants; use a smaller number, or 'base' or 'heads'"},
        TargetCase{
            "HeadsTakeNoNumber",
            kMerged,
            "",
            "apply",
            {"heads-1"},
            "target: 'heads-1' is not a target: 'heads' takes no number; a target is head, heads, base, current, "
            "@tag, +N, -N, an id or a unique prefix of one, or id+N or id-N"},
        TargetCase{"BaseIsNothing", kMerged, "A", "apply", {"base"}, ""},
        TargetCase{"BasePlus", kMerged, "", "apply", {"base+3"}, "+A +B1 +B2"},
        TargetCase{"BasePlusOutside",
                   kMerged,
                   "",
                   "apply",
                   {"base+6"},
                   "target: 'base+6' leads outside: the manifest has 5 migrations"},
        TargetCase{
            "BaseMinus", "A", "", "apply", {"base-1"}, "target: 'base-1' leads outside: the manifest has 1 migration"},
        TargetCase{"CurrentIsNothing", kMerged, "A B1", "apply", {"current"}, ""},
        TargetCase{"CurrentPlus", kMerged, "A B1", "apply", {"current+1"}, "+B2 +M"},
        TargetCase{"CurrentPlusOfSeveral",
                   kMerged,
                   "A B1 B2",
                   "apply",
                   {"current+1"},
                   "target: 'current+1' needs one current migration, there are 2: B1, B2; use +N or -N, or name the "
                   "migration to count from"},
        TargetCase{"CurrentPlusOfNone",
                   kMerged,
                   "",
                   "apply",
                   {"current+1"},
                   "target: 'current+1' needs one current migration, there are 0; use +N or -N, or name the migration "
                   "to count from"},
        TargetCase{"IdPlus", kMerged, "", "apply", {"B1+1"}, "+A +B1 +B2 +M"},
        TargetCase{"IdPlusZero", kMerged, "", "apply", {"B1+0"}, "+A +B1"},
        TargetCase{"IdMinus", kMerged, "", "apply", {"C-4"}, "+A"},
        TargetCase{"IdMinusOutside",
                   kMerged,
                   "",
                   "apply",
                   {"C-5"},
                   "target: 'C-5' leads outside: 'C' has 4 ancestors; use a smaller number, or 'base' or 'heads'"},
        TargetCase{"OffsetTooLarge",
                   kMerged,
                   "",
                   "apply",
                   {"C-1234567890"},
                   "target: '-1234567890' is too large an offset; use a smaller number"},
        TargetCase{"StepsTooMany",
                   kMerged,
                   "",
                   "apply",
                   {"+1234567890"},
                   "target: '+1234567890' is too large an offset; use a smaller number"},
        TargetCase{"StepsAll", kMerged, "", "apply", {"+5"}, "+A +B1 +B2 +M +C"},
        TargetCase{"StepsSkipWhatIsApplied", kMerged, "A B2", "apply", {"+2"}, "+B1~ +M"},
        TargetCase{
            "StepsStandAlone",
            kMerged,
            "",
            "apply",
            {"+1", "C"},
            "target: '+1' stands alone, not beside other targets; give the number of steps, or name the migrations"},
        TargetCase{"BackwardSteps",
                   kMerged,
                   "A",
                   "apply",
                   {"-1"},
                   "target: '-1' is a way back; use 'sqlmig rollback' with it"},
        TargetCase{"SeveralTargets", kMerged, "", "apply", {"B2", "B1"}, "+A +B1 +B2"},
        TargetCase{"SeveralTargetsOneTwice", kMerged, "", "apply", {"B2", "A", "B2"}, "+A +B2"},
        TargetCase{"BelowIsLate", kMerged, "A B2", "apply", {}, "+B1~ +M +C"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Rollback, TargetTable,
    ::testing::Values(
        TargetCase{"NothingMeansTheLast", kMerged, "A B2 B1", "rollback", {}, "-B1"},
        TargetCase{"NothingApplied", kMerged, "", "rollback", {}, ""},
        TargetCase{"StepsTooMany",
                   kMerged,
                   "A",
                   "rollback",
                   {"-2"},
                   "target: '-2' leads outside: 1 migration applied; use 'base' to undo all"},
        TargetCase{"ForwardSteps",
                   kMerged,
                   "A",
                   "rollback",
                   {"+1"},
                   "target: '+1' is a way forward; use 'sqlmig apply' with it"},
        TargetCase{"ToAHead", kMerged, "A B1 B2 M C", "rollback", {"head"}, ""},
        TargetCase{"ToHeadMinus", kMerged, "A B1 B2 M C", "rollback", {"head-1"}, "-C"},
        TargetCase{"ToCurrentMinus", kMerged, "A B1 B2 M", "rollback", {"current-1"}, "-M"},
        TargetCase{"ToCurrent", kMerged, "A B1", "rollback", {"current"}, ""},
        TargetCase{"ToSeveralCurrent",
                   kMerged,
                   "A B1 B2",
                   "rollback",
                   {"current"},
                   "target: a rollback takes one target, this is 2: B1, B2; 'sqlmig rollback --exact' goes back to the "
                   "ancestors of several targets"},
        TargetCase{"ToWhatIsNotApplied",
                   kMerged,
                   "A B1",
                   "rollback",
                   {"B2"},
                   "target: 'B2' is not applied, so nothing can be rolled back to it; 'sqlmig current' and 'sqlmig "
                   "status' show what is applied"},
        TargetCase{"ToHeadsOfNothing",
                   "",
                   "",
                   "rollback",
                   {"heads"},
                   "target: there are no migrations to roll back to; use 'base' to undo all"},
        TargetCase{"BaseStandsAlone",
                   kMerged,
                   "A B1",
                   "rollback",
                   {"base", "A"},
                   "target: 'base' stands alone; name one target"},
        TargetCase{"BasePlusOne", kMerged, "A B1", "rollback", {"base+1"}, "-B1"},
        TargetCase{"ExactDropsTheSibling", kMerged, "A B1 B2 M C", "exact", {"B1"}, "-C -M -B2"},
        TargetCase{"ExactSeveral", kMerged, "A B1 B2 M C", "exact", {"B1", "B2"}, "-C -M"},
        TargetCase{"ExactBase", kMerged, "A B1", "exact", {"base"}, "-B1 -A"},
        TargetCase{
            "ExactWhatIsMissing",
            kMerged,
            "A B1",
            "exact",
            {"M"},
            "target: a rollback cannot apply what is missing: B2, M; 'sqlmig apply' comes first, or name a target "
            "whose ancestors are all applied"},
        TargetCase{
            "ExactTakesNoSteps", kMerged, "A B1", "exact", {"-1"}, "usage: --exact takes ids, not a number of steps"},
        TargetCase{"ExactNeedsATarget",
                   kMerged,
                   "A B1",
                   "exact",
                   {},
                   "usage: --exact needs a target; name what shall be left applied"},
        // B1 landed after what depends on it: a dependency that was added to the manifest later.
        TargetCase{
            "LastIsNeeded",
            kMerged,
            "A B2 M C B1",
            "rollback",
            {"-1"},
            "target: cannot undo B1: applied migrations depend on that: M; 'sqlmig rollback -3' undoes those too; "
            "'sqlmig apply' then brings back what shall stay"},
        TargetCase{"TheHintIsRight", kMerged, "A B2 M C B1", "rollback", {"-3"}, "-C -M -B1"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Names, TargetTable,
    ::testing::Values(
        TargetCase{"Prefix", kChain, "", "apply", {"20260101"}, "+20260101000000_create_users"},
        TargetCase{"SlugPrefix", kChain, "", "apply", {"create_u"}, "+20260101000000_create_users"},
        TargetCase{"WholeSlug", "1_add; 2_add_more", "", "apply", {"add"}, "+1_add"},
        TargetCase{"PrefixMinus", kChain, "", "apply", {"add_index-2"}, "+20260101000000_create_users"},
        TargetCase{"AmbiguousPrefix",
                   kChain,
                   "",
                   "apply",
                   {"2026"},
                   "target: '2026' is the beginning of several ids: 20260101000000_create_users, "
                   "20260102000000_create_bots, 20260103000000_add_index; type more of the id"},
        TargetCase{"AmbiguousSlug",
                   kChain,
                   "",
                   "apply",
                   {"create_"},
                   "target: 'create_' is the beginning of several ids: 20260101000000_create_users, "
                   "20260102000000_create_bots; type more of the id"},
        TargetCase{"OneSlugThreeTimes",
                   "1_fix; 2_fix<-1_fix; 3_fix<-2_fix",
                   "",
                   "apply",
                   {"fix"},
                   "target: 'fix' is the beginning of several ids: 1_fix, 2_fix, 3_fix; type more of the id"},
        TargetCase{
            "ManyCandidates",
            "a1;a2;a3;a4;a5;a6;a7;a8;a9;aa;ab;ac",
            "",
            "apply",
            {"a"},
            "target: 'a' is the beginning of several ids: a1, a2, a3, a4, a5, a6, a7, a8, a9, aa and 2 more; type "
            "more of the id"},
        TargetCase{"ExactBeatsPrefix", "a; a1; a12", "", "apply", {"a1"}, "+a1"},
        TargetCase{"IdBeatsSlug", "1_a; a", "", "apply", {"a"}, "+a"},
        TargetCase{"IdPrefixBeatsSlug", "1_ab; abc", "", "apply", {"ab"}, "+abc"},
        TargetCase{"DidYouMeanTheSlug",
                   kChain,
                   "",
                   "apply",
                   {"create_usrs"},
                   "target: no migration is called 'create_usrs'; did you mean 'create_users'?"},
        TargetCase{"DidYouMeanTheWord",
                   kChain,
                   "",
                   "apply",
                   {"haeds"},
                   "target: no migration is called 'haeds'; did you mean 'heads'?"},
        TargetCase{
            "NothingNear",
            kChain,
            "",
            "apply",
            {"zzzzzzzz"},
            "target: no migration is called 'zzzzzzzz'; 'sqlmig history' lists the ids; a unique beginning of an id, "
            "or of what follows its number, is enough"},
        TargetCase{"UnknownBeforeOffset",
                   kChain,
                   "",
                   "apply",
                   {"create_usrs+1"},
                   "target: no migration is called 'create_usrs'; did you mean 'create_users'?"},
        TargetCase{
            "IdEndsLikeAnOffset", "step; step-1<-step; step-2<-step-1", "", "apply", {"step-1"}, "+step +step-1"},
        TargetCase{"IdEndsLikeAnOffsetMinus",
                   "step; step-1<-step; step-2<-step-1",
                   "",
                   "apply",
                   {"step-2-1"},
                   "+step +step-1"},
        TargetCase{"PrefixEndsLikeAnOffset", "a; b<-a; b-10<-b", "", "apply", {"b-1"}, "+a +b +b-10"},
        TargetCase{"OffsetWhenNoIdBeginsSo", "a; b<-a; b-20<-b", "", "apply", {"b-1"}, "+a"},
        TargetCase{
            "IdEndsInAStamp", "fix-20261122101500; other", "", "apply", {"fix-20261122101500"}, "+fix-20261122101500"},
        TargetCase{"MistypedIdEndsInAStamp",
                   "fix-20261122101500",
                   "",
                   "apply",
                   {"fxi-20261122101500"},
                   "target: no migration is called 'fxi-20261122101500'; did you mean 'fix-20261122101500'?"},
        TargetCase{"MistypedIdEndsLikeAnOffset",
                   "add-col-1",
                   "",
                   "apply",
                   {"ad-col-1"},
                   "target: no migration is called 'ad-col-1'; did you mean 'add-col-1'?"},
        TargetCase{"IdLikeAWord", "a; head-1<-a; b<-head-1", "", "apply", {"head-1"}, "+a +head-1"},
        TargetCase{"IdLikeAWordAndAStamp",
                   "a; base-20261122101500<-a",
                   "",
                   "apply",
                   {"base-20261122101500"},
                   "+a +base-20261122101500"},
        TargetCase{"IdLikeHeads", "a; heads-1<-a; b<-heads-1", "", "apply", {"heads-1"}, "+a +heads-1"},
        TargetCase{"Numbers", "0001; 0002<-0001; 0003<-0002", "", "apply", {"0003-1"}, "+0001 +0002"},
        TargetCase{"Dots", "1.2; 1.2.3<-1.2", "", "apply", {"1.2"}, "+1.2"}),
    CaseName);

}  // namespace
}  // namespace sqlmig::testing
