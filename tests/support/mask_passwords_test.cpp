#include "support/mask_passwords.h"

#include <string>

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

TEST(MaskPasswordsTest, MasksUrls) {
  EXPECT_EQ(MaskPasswords("no 'postgresql://u:hunter2@h/d' here"), "no 'postgresql://u:****@h/d' here");
  EXPECT_EQ(MaskPasswords("mysql+x://u:hun:t@er/2@h:1/d?a=b"), "mysql+x://u:****@h:1/d?a=b");
  EXPECT_EQ(MaskPasswords("postgresql://u:hunter2 and ftp://v:hunter2@h"), "postgresql://u:**** and ftp://v:****@h");
  EXPECT_EQ(MaskPasswords("'--urlpostgresql://u:hunter2/d'"), "'--urlpostgresql://u:****/d'");
}

TEST(MaskPasswordsTest, MasksOptions) {
  EXPECT_EQ(MaskPasswords("'host=h password=hunter2'"), "'host=h password=****'");
  EXPECT_EQ(MaskPasswords("PASSWORD='hunter 2' sslpassword=x"), "PASSWORD='****' sslpassword=****");
  EXPECT_EQ(MaskPasswords("postgresql://h/d?password=hunter2&user=u"), "postgresql://h/d?password=****&user=u");
  EXPECT_EQ(MaskPasswords("password='hunter2"), "password='****");
  EXPECT_EQ(MaskPasswords("password="), "password=");
}

TEST(MaskPasswordsTest, LeavesTheRestAlone) {
  for (const char* text :
       {"", "://", "http://h:80/", "postgresql://h:5432,h2:5433/d", "postgresql://user:password@host:port/database",
        "password authentication failed for user \"u\"", "a@b: c", "postgresql://u@h/d"}) {
    EXPECT_EQ(MaskPasswords(text), text);
  }
}

}  // namespace
}  // namespace sqlmig
