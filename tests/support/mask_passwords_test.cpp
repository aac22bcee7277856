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
  EXPECT_EQ(MaskPasswords("postgresql://u:hunter2@[::1]:5432/d"), "postgresql://u:****@[::1]:5432/d");
  EXPECT_EQ(MaskPasswords("postgresql://[u:hunter2]/d"), "postgresql://[u:****/d");
  EXPECT_EQ(MaskPasswords("postgresql://u@[::1]:hunter2/d"), "postgresql://u@[::1]:****/d");
}

TEST(MaskPasswordsTest, MasksOptions) {
  EXPECT_EQ(MaskPasswords("'host=h password=hunter2'"), "'host=h password=****'");
  EXPECT_EQ(MaskPasswords("PASSWORD='hunter 2' sslpassword=x"), "PASSWORD='****' sslpassword=****");
  EXPECT_EQ(MaskPasswords("postgresql://h/d?password=hunter2&user=u"), "postgresql://h/d?password=****&user=u");
  EXPECT_EQ(MaskPasswords("password='hunter2"), "password='****");
  EXPECT_EQ(MaskPasswords("password="), "password=");
  EXPECT_EQ(MaskPasswords("password = hunter2 user = u"), "password = **** user = u");
  EXPECT_EQ(MaskPasswords("password=hun&ter2 user=u"), "password=**** user=u");
}

TEST(MaskPasswordsTest, MasksWhatIsOnlyAlmostAUrlOrAConnectionString) {
  EXPECT_EQ(MaskPasswords("'u:hunter2@127.0.0.1/k1' is not a target"), "'u:****@127.0.0.1/k1' is not a target");
  EXPECT_EQ(MaskPasswords("u:hun@ter:2@h"), "u:****@h");
  EXPECT_EQ(MaskPasswords("'host=h password=\"hunter 2\"' is"), "'host=h password=\"****\"' is");
  EXPECT_EQ(MaskPasswords("sslpassword=\"hunter 2"), "sslpassword=\"****");
  EXPECT_EQ(MaskPasswords("a user:password@host"), "a user:password@host");
  for (const char* text :
       {"at up.sql:2:1: no '@tag'", "'{\"a\":1}'::jsonb@>b", "x::text@y", "a:@b", "12:30:10", "b:c@>d"}) {
    EXPECT_EQ(MaskPasswords(text), text);
  }
}

// As libpq reads a value: a backslash takes its meaning from the character behind it.
TEST(MaskPasswordsTest, MasksWhatABackslashKeepsTogether) {
  EXPECT_EQ(MaskPasswords("password='hun\\'ter2' user=u"), "password='****' user=u");
  EXPECT_EQ(MaskPasswords("password=hun\\ ter2 user=u"), "password=**** user=u");
  EXPECT_EQ(MaskPasswords("password='hunter2\\"), "password='****");
}

TEST(MaskPasswordsTest, MasksOptionsInAStringOfSql) {
  EXPECT_EQ(MaskPasswords("SELECT f('password=''hunter 2'' user=u')"), "SELECT f('password=''****'' user=u')");
  EXPECT_EQ(MaskPasswords("password='' user=u"), "password='' user=u");
}

TEST(MaskPasswordsTest, LeavesTheRestAlone) {
  for (const char* text :
       {"", "://", "http://h:80/", "postgresql://h:5432,h2:5433/d", "postgresql://user:password@host:port/database",
        "password authentication failed for user \"u\"", "a@b: c", "postgresql://u@h/d", "postgresql://[::1]:5432/d",
        "postgresql://u@[fe80::1%eth0]:5432/d", "postgresql://[::1]:1,[::2]:2/d", "postgresql://h:1,[::2]:2/d",
        "postgresql://[::1]", "postgresql://[::1],[::2]/d", "postgresql://[", "password is = 1"}) {
    EXPECT_EQ(MaskPasswords(text), text);
  }
}

}  // namespace
}  // namespace sqlmig
