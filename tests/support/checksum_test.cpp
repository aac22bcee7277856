#include <set>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "support/sha256.h"
#include "support/uuid.h"

namespace sqlmig {
namespace {

// FIPS 180-2, appendix B, and the empty text.
TEST(Sha256Test, MatchesThePublishedVectors) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256Hex(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, NulBytesCount) {
  EXPECT_NE(Sha256Hex(std::string("a\0b", 3)), Sha256Hex("a"));
  EXPECT_EQ(Sha256Hex(std::string(1, '\0')), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

TEST(Sha256Test, PiecesGiveTheSameAsTheWhole) {
  const std::string text(1000, 'x');
  for (const std::size_t piece : {1U, 7U, 63U, 64U, 65U, 1000U}) {
    Sha256Stream stream;
    for (std::size_t at = 0; at < text.size(); at += piece) stream.Add(std::string_view(text).substr(at, piece));
    Sha256Stream moved = std::move(stream);
    moved.Add("");
    EXPECT_EQ(ToHex(moved.Finish()), Sha256Hex(text)) << piece;
  }
}

TEST(UuidTest, IsARandomUuidInLowerCase) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = RandomUuid();
    ASSERT_EQ(uuid.size(), 36U);
    for (std::size_t k = 0; k < uuid.size(); ++k) {
      const bool dash = k == 8 || k == 13 || k == 18 || k == 23;
      const bool digit = (uuid[k] >= '0' && uuid[k] <= '9') || (uuid[k] >= 'a' && uuid[k] <= 'f');
      ASSERT_TRUE(dash ? uuid[k] == '-' : digit) << uuid;
    }
    ASSERT_EQ(uuid[14], '4') << uuid;
    ASSERT_NE(std::string("89ab").find(uuid[19]), std::string::npos) << uuid;
    ASSERT_TRUE(seen.insert(uuid).second);
  }
}

}  // namespace
}  // namespace sqlmig
