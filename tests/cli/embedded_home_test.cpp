#include "cli/embedded_home.h"

#include <map>

#include <gtest/gtest.h>
#include <unistd.h>

#include "support/error.h"

namespace sqlmig::testing {
namespace {

const OsUser kAnn{"ann", "/home/ann"};

Environment Of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(std::string(name));
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

TEST(EmbeddedHomeTest, TheVariablesComeFirst) {
  EXPECT_EQ(StateHome(Of({{"SQLMIG_EMBEDDED_HOME", "/e"}, {"XDG_STATE_HOME", "/x"}}), true, kAnn), "/e");
  EXPECT_EQ(StateHome(Of({{"XDG_STATE_HOME", "/x"}, {"HOME", "/h"}}), true, kAnn), "/x");
  EXPECT_EQ(StateHome(Of({{"HOME", "/h"}}), false, kAnn), "/h/.local/state");
  EXPECT_EQ(StateHome(Of({{"HOME", "/h"}}), true, kAnn), "/var/lib");
}

// A folder relative to where one stands would be another server in each folder.
TEST(EmbeddedHomeTest, WithoutHomeItIsTheAccounts) {
  EXPECT_EQ(StateHome(Of({}), false, kAnn), "/home/ann/.local/state");
  EXPECT_EQ(StateHome(Of({{"HOME", ""}, {"XDG_STATE_HOME", "here"}}), false, kAnn), "/home/ann/.local/state");
}

TEST(EmbeddedHomeTest, WithoutAnyHomeItSaysWhatToSet) {
  try {
    StateHome(Of({}), false, std::nullopt);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_NE(error.hint().find("set HOME"), std::string::npos);
  }
}

TEST(OsUserTest, TheNameComesFromTheAccountWithoutVariables) {
  EXPECT_EQ(OsUserName(Of({{"USER", "ann"}, {"LOGNAME", "bob"}})), "ann");
  EXPECT_EQ(OsUserName(Of({{"USER", ""}, {"LOGNAME", "bob"}})), "bob");
  const std::optional<OsUser> own = FindOsUser();
  EXPECT_EQ(OsUserName(Of({})), own ? own->name : std::to_string(geteuid()));
}

}  // namespace
}  // namespace sqlmig::testing
