#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "sqltext/script.h"

namespace sqlmig {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

TEST(TokenHashTest, IsTheSameForOtherCommentsBlanksAndCaseOfKeywords) {
  for (const auto& [a, b] :
       {Pair{"SELECT 1;", "-- licence\nSELECT\t/* one */ 1 ;\r\n"}, Pair{"SELECT 1;", "select 1;"},
        Pair{"SELECT Users", "SELECT users"}, Pair{"a=-1", "a = - 1"}, Pair{"", "/* nothing */ -- at all"},
        Pair{"SELECT 1;", "\xEF\xBB\xBFSELECT 1;"}, Pair{"SELECT 'a'\n'b'", "SELECT 'a' -- c\n\n  'b'"},
        Pair{"COPY t FROM stdin;\n1\n\\.\nSELECT 1;", "copy t from stdin ; -- c\n1\n\\.\r\n\r\nSELECT 1;"},
        Pair{"SELECT $$a$$;", "SELECT  $$a$$ ;"}, Pair{"f(a,b)", "f ( a , b )"}}) {
    EXPECT_EQ(TokenHash(a), TokenHash(b)) << a << "\n" << b;
  }
}

TEST(TokenHashTest, DiffersWithTheTokens) {
  for (const auto& [a, b] :
       {Pair{"SELECT 1;", "SELECT 1"}, Pair{"SELECT 1;", "SELECT 2;"}, Pair{"SELECT 'a'", "SELECT 'A'"},
        Pair{"SELECT \"Users\"", "SELECT \"users\""}, Pair{"SELECT 'a b'", "SELECT 'a  b'"},
        Pair{"SELECT 'a'", "SELECT E'a'"}, Pair{"SELECT 'a'\n'b'", "SELECT 'a' 'b'"},
        Pair{"SELECT 'a'\n'b'", "SELECT 'ab'"}, Pair{"SELECT 1.5", "SELECT 1 .5"}, Pair{"SELECT 0x1", "SELECT 0 x1"},
        Pair{"a :: b", "a : : b"}, Pair{"SELECT ab", "SELECT a b"}, Pair{"SELECT $$a$$", "SELECT $$a $$"},
        Pair{"SELECT $a$x$a$", "SELECT $b$x$b$"},
        Pair{"COPY t FROM stdin;\n1\n\\.\n", "COPY t FROM stdin;\n1\r\n\\.\n"},
        Pair{"COPY t FROM stdin;\n1\n\\.\n", "COPY t FROM stdin;\n2\n\\.\n"},
        Pair{"COPY t FROM stdin;\n1\n\\.\nSELECT 1;", "COPY t FROM stdin;\n1\nSELECT 1;"},
        Pair{"SELECT 1; /* open", "SELECT 1;"}, Pair{"SELECT \xC3\x84", "SELECT \xC3\xA4"}}) {
    EXPECT_NE(TokenHash(a), TokenHash(b)) << a << "\n" << b;
  }
}

// Rows in ledgers hold these: another value needs another kHashAlgorithm.
TEST(TokenHashTest, IsPinned) {
  EXPECT_EQ(kHashAlgorithm, 1);
  EXPECT_EQ(TokenHash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(TokenHash("CREATE TABLE Users (id int, \"Name\" text DEFAULT E'x'\n'y');\nSELECT $$a$$, $1, 1.5, a->>'b';\n"
                      "COPY t FROM stdin;\n1\t2\n\\.\n"),
            "3e19d24df3731a43862136475684e9ed6ce585e67dd881322e0e750ba481a544");
}

TEST(TokenHashTest, TakesAnyBytes) {
  EXPECT_EQ(TokenHash(std::string_view("\0\xFF\\", 3)).size(), 64U);
  EXPECT_NE(TokenHash(std::string_view("'a\0'", 4)), TokenHash("'a'"));
}

}  // namespace
}  // namespace sqlmig
