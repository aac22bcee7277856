// Connection strings; no server.

#include "pg/conninfo.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pg/connection.h"
#include "pg/conninfo_invariants.h"
#include "support/error.h"

namespace sqlmig {
namespace {

using Values = std::map<std::string, std::string>;

struct Accepted {
  std::string text;
  Values values;
};

void ExpectAccepted(const std::vector<Accepted>& cases) {
  for (const Accepted& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(Conninfo::Parse(c.text).values(), c.values);
  }
}

TEST(ConninfoTest, AcceptsLibpqsForms) {
  ExpectAccepted({
      {"", {}},
      {"postgresql://", {}},
      {"postgresql://localhost", {{"host", "localhost"}}},
      {"postgresql://u:p@h:5433/d",
       {{"user", "u"}, {"password", "p"}, {"host", "h"}, {"port", "5433"}, {"dbname", "d"}}},
      {"postgres://u@h/d", {{"user", "u"}, {"host", "h"}, {"dbname", "d"}}},
      {"postgresql:///d?host=/run/pg&port=5433", {{"dbname", "d"}, {"host", "/run/pg"}, {"port", "5433"}}},
      {"postgresql://%2Frun%2Fpg/d", {{"host", "/run/pg"}, {"dbname", "d"}}},
      {"postgresql://h1:1,h2:2/d?target_session_attrs=read-write",
       {{"host", "h1,h2"}, {"port", "1,2"}, {"dbname", "d"}, {"target_session_attrs", "read-write"}}},
      {"postgresql://[::1]:5433/d", {{"host", "::1"}, {"port", "5433"}, {"dbname", "d"}}},
      {"host=/tmp/a:b,fe80::1%eth0 dbname=d", {{"host", "/tmp/a:b,fe80::1%eth0"}, {"dbname", "d"}}},
      {"postgresql://h/d?user=u&password=p%26q", {{"host", "h"}, {"dbname", "d"}, {"user", "u"}, {"password", "p&q"}}},
      {"postgresql://h/d?sslmode=verify-full&sslrootcert=system",
       {{"host", "h"}, {"dbname", "d"}, {"sslmode", "verify-full"}, {"sslrootcert", "system"}}},
      {"postgresql://h/d%40home", {{"host", "h"}, {"dbname", "d@home"}}},
      {"host=h dbname=d user=u password=p", {{"host", "h"}, {"dbname", "d"}, {"user", "u"}, {"password", "p"}}},
      {"host = '/run/pg' password = 'it\\'s @ / secret'", {{"host", "/run/pg"}, {"password", "it's @ / secret"}}},
      {"host=@abstract", {{"host", "@abstract"}}},
      {"service=bots", {{"service", "bots"}}},
      {"hostaddr=127.0.0.1 port=5432,5433", {{"hostaddr", "127.0.0.1"}, {"port", "5432,5433"}}},
  });
}

TEST(ConninfoTest, AcceptsPasswordsWithAnyCharacter) {
  ExpectAccepted({
      {"postgresql://u:p%40ss%2Fw%3Ard%3F%23%25@h/d",
       {{"user", "u"}, {"password", "p@ss/w:rd?#%"}, {"host", "h"}, {"dbname", "d"}}},
      {"postgresql+asyncpg://u:p%40ss%2Fw%3Ard%3F%23%25@h/d",
       {{"user", "u"}, {"password", "p@ss/w:rd?#%"}, {"host", "h"}, {"dbname", "d"}}},
      // What libpq takes without an escape, our own reading must not break.
      {"postgresql+asyncpg://u:a?b:c#d=e&f@h/d?ssl=require",
       {{"user", "u"}, {"password", "a?b:c#d=e&f"}, {"host", "h"}, {"dbname", "d"}, {"sslmode", "require"}}},
      {"postgresql+psycopg://u:p+q@h/d", {{"user", "u"}, {"password", "p+q"}, {"host", "h"}, {"dbname", "d"}}},
      {"postgresql://u:p+q@h/d", {{"user", "u"}, {"password", "p+q"}, {"host", "h"}, {"dbname", "d"}}},
  });
}

TEST(ConninfoTest, AcceptsSqlalchemysForms) {
  const Values plain = {{"user", "u"}, {"password", "p"}, {"host", "h"}, {"dbname", "d"}};
  const auto with = [&](const std::string& key, const std::string& value) {
    Values values = plain;
    values[key] = value;
    return values;
  };
  ExpectAccepted({
      {"postgresql+asyncpg://u:p@h/d", plain},
      {"postgresql+psycopg://u:p@h/d", plain},
      {"postgresql+psycopg2://u:p@h/d", plain},
      {"postgres+asyncpg://u:p@h/d", plain},
      {"postgresql+asyncpg://u:p@h/d?ssl=require", with("sslmode", "require")},
      {"postgresql+asyncpg://u:p@h/d?ssl=verify-full", with("sslmode", "verify-full")},
      {"postgresql+asyncpg://u:p@h/d?ssl=true", with("sslmode", "require")},
      {"postgresql+asyncpg://u:p@h/d?ssl=1", with("sslmode", "require")},
      {"postgresql+asyncpg://u:p@h/d?ssl=false", with("sslmode", "disable")},
      {"postgresql+asyncpg://u:p@h/d?ssl=0", with("sslmode", "disable")},
      {"postgresql+psycopg2://u:p@h/d?sslmode=require", with("sslmode", "require")},
      {"postgresql+asyncpg://u:p@h/d?prepared_statement_cache_size=0&command_timeout=60", plain},
      {"postgresql+asyncpg://u:p@h/d?prepared_statement_cache_size=0&ssl=prefer&timeout=5", with("sslmode", "prefer")},
      {"postgresql+asyncpg://u:p@h/d?", plain},
      {"postgresql+asyncpg://u:p@h/d?application_name=app", with("application_name", "app")},
      {"postgresql+asyncpg://u:p@/d?host=/run/pg",
       {{"user", "u"}, {"password", "p"}, {"dbname", "d"}, {"host", "/run/pg"}}},
      {"postgresql+asyncpg:///d?host=/run/pg&user=u", {{"dbname", "d"}, {"host", "/run/pg"}, {"user", "u"}}},
      {"postgresql+asyncpg://h1:1,h2:2/d", {{"host", "h1,h2"}, {"port", "1,2"}, {"dbname", "d"}}},
  });
}

constexpr const char* kSecret = "qz7xwvkjqy";

// No piece of it of three characters or more.
bool Leaks(const std::string& text) {
  const std::string secret = kSecret;
  for (std::size_t i = 0; i + 3 <= secret.size(); ++i) {
    if (text.find(secret.substr(i, 3)) != std::string::npos) return true;
  }
  return false;
}

TEST(ConninfoTest, AnotherProgramsUrlIsNamed) {
  const auto said = [](const char* text) {
    try {
      Conninfo::Parse(text);
    } catch (const Error& error) {
      return error.message();
    }
    return std::string("accepted");
  };
  EXPECT_EQ(said("jdbc:postgresql://h/d"), "the connection URL begins with 'jdbc:', which is not PostgreSQL's");
  EXPECT_EQ(said("mysql+pymysql://u:p@h/d"), "the connection URL begins with 'mysql:', which is not PostgreSQL's");
  EXPECT_EQ(said("s3cret://u:p@h/d"), "the connection URL is malformed");
  EXPECT_EQ(said("mysql"), "the connection URL is malformed");
}

TEST(ConninfoTest, WhatIsMalformedIsNeverShown) {
  const std::string s = kSecret;
  const std::vector<std::string> malformed = {
      "postgresql://u:" + s + "@h:port/d",
      "postgresql://u:" + s + "%zz@h/d",
      "postgresql://u:" + s + "%@h/d",
      "postgresql://u:" + s + "@h/d?no_such=1",
      "postgresql://u:" + s + "@h/d?sslmode",
      "postgresql://u:" + s + "@[::1/d",
      // A special character of the password that is not escaped: libpq would take its parts for something else.
      "postgresql://u:" + s + "@" + s + "@h/d",
      "postgresql://u:" + s + "/" + s + "@h/d",
      "postgresql://u:1/" + s + "@h/d",
      "postgresql://u:/" + s + "@h/d",
      "postgresql://u:a@" + s + "/x@h/d",
      "postgresql://u:a@b?" + s + "@h/d",
      "postgresql+asyncpg://u:" + s + "@" + s + "@h/d?ssl=true",
      "postgresql+asyncpg://u:" + s + "/" + s + "@h/d?ssl=true",
      "postgresql+asyncpg://u:" + s + "@h/d?" + s,
      "postgresql+asyncpg://u:" + s + "@h/d?no_such=" + s,
      "postgresql://u:" + s + "/d",  // the host was forgotten
      // Other schemes and key=value strings.
      "mysql://u:" + s + "@h/d",
      "POSTGRESQL://u:" + s + "@h/d",
      "http://u:" + s + "@h/d?a=b",
      "host=h password=one " + s,
      "host=h password=one " + s + "=x",
      "host=h password='" + s,
      "passwrod=" + s,
      "dbname=postgresql://u:" + s + "@h/d",
      // The two forms mixed up, which libpq takes for a strange host or database.
      "postgresql://host=h user=u password=" + s + " dbname=d",
      "postgresql://host=h user=u PASSWORD =" + s,
      "postgresql:///user=u%20password=" + s,
      "dbname='host=h password = " + s + "'",
      // Without its host, the name and password become one.
      "postgresql://u%3A" + s,
      "postgresql://h,u%3A" + s + "%40h/d",
      s,
      std::string("postgresql://u:") + s + std::string("\0@h/d", 5),
  };
  for (const std::string& text : malformed) {
    SCOPED_TRACE(text);
    try {
      const Conninfo parsed = Conninfo::Parse(text);
      ADD_FAILURE() << "accepted: " << parsed.Describe();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      EXPECT_FALSE(Leaks(error.what())) << error.what();
      EXPECT_FALSE(Leaks(error.hint())) << error.hint();
      EXPECT_TRUE(error.excerpt().empty());
      EXPECT_TRUE(error.also().empty());
    }
  }
}

// Every way of putting one special character somewhere into a password: it is taken as it is, or refused, and never
// seen.
TEST(ConninfoTest, NoSpecialCharacterSpillsThePassword) {
  const std::string secret = kSecret;
  for (const char* scheme : {"postgresql://", "postgres://", "postgresql+asyncpg://", "postgresql+psycopg2://"}) {
    for (int c = 1; c < 128; ++c) {
      for (const std::size_t at : {std::size_t{0}, std::size_t{4}, secret.size()}) {
        const std::string password = secret.substr(0, at) + static_cast<char>(c) + secret.substr(at);
        const std::string text = scheme + ("u:" + password) + "@h/d";
        SCOPED_TRACE(text);
        try {
          EXPECT_FALSE(Leaks(Conninfo::Parse(text).Describe())) << Conninfo::Parse(text).Describe();
        } catch (const Error& error) {
          EXPECT_FALSE(Leaks(error.what()));
        }
      }
    }
  }
}

TEST(ConninfoTest, SetReplacesAValue) {
  Conninfo conninfo = Conninfo::Parse("host=h dbname=d");
  conninfo.Set("dbname", "other");
  ASSERT_NE(conninfo.Find("dbname"), nullptr);
  EXPECT_EQ(*conninfo.Find("dbname"), "other");
  EXPECT_EQ(conninfo.Find("user"), nullptr);
}

TEST(ConninfoTest, TakesFromTheEnvironmentWhatIsNotGiven) {
  const auto environment = [](std::string_view name) -> std::optional<std::string> {
    if (name == "PGHOST") return "elsewhere";
    if (name == "PGPASSWORD") return "secret";
    if (name == "PGPORT") return "";
    return std::nullopt;
  };
  Conninfo conninfo = Conninfo::Parse("postgresql://u@h/d");
  conninfo.AddFrom(environment);
  EXPECT_EQ(conninfo.values(), (std::map<std::string, std::string>{
                                   {"dbname", "d"}, {"host", "h"}, {"password", "secret"}, {"user", "u"}}));
  conninfo = Conninfo::Parse("");
  conninfo.AddFrom(environment);
  EXPECT_EQ(conninfo.values(), (std::map<std::string, std::string>{{"host", "elsewhere"}, {"password", "secret"}}));
}

TEST(ConninfoTest, AServiceBeatsTheOtherVariables) {
  Conninfo conninfo = Conninfo::Parse("");
  conninfo.AddFrom([](std::string_view name) -> std::optional<std::string> {
    if (name == "PGSERVICE") return "bots";
    return name == "PGHOST" ? std::optional<std::string>("elsewhere") : std::nullopt;
  });
  EXPECT_EQ(conninfo.values(), (std::map<std::string, std::string>{{"service", "bots"}}));
}

TEST(ConninfoTest, DescribesForPeople) {
  const auto describe = [](const char* text) { return Conninfo::Parse(text).Describe(); };
  EXPECT_EQ(describe(""), "the default database");
  EXPECT_EQ(describe("postgresql://u:p@h:5433/d"), "d on h:5433 as u");
  EXPECT_EQ(describe("postgresql://h/d"), "d on h");
  EXPECT_EQ(describe("postgresql://u@h"), "u on h as u");  // libpq's default database
  EXPECT_EQ(describe("dbname=d host=/run/pg port=5433"), "d on /run/pg:5433");
  EXPECT_EQ(describe("hostaddr=127.0.0.1 dbname=d"), "d on 127.0.0.1");
  EXPECT_EQ(describe("postgresql://h1:1,h2:2/d"), "d on h1,h2:1,2");
  EXPECT_EQ(describe("service=bots password=p"), "service bots");
  EXPECT_EQ(describe("postgresql://h/d%1B%5B31m"), "d?[31m on h");
}

TEST(ConninfoTest, ScrubsSecretsFromOtherPeoplesText) {
  const Conninfo conninfo = Conninfo::Parse("host=h password=hunter2 sslpassword=hunter2longer");
  EXPECT_EQ(conninfo.Scrub("no secret here"), "no secret here");
  EXPECT_EQ(conninfo.Scrub("hunter2 and hunter2, xhunter2y"), "**** and ****, x****y");
  EXPECT_EQ(conninfo.Scrub("hunter2longer"), "****");
  EXPECT_EQ(conninfo.Scrub(""), "");
  EXPECT_EQ(Conninfo::Parse("host=h").Scrub("hunter2"), "hunter2");
  EXPECT_EQ(Conninfo::Parse("password=*").Scrub("a*b**"), "a****b********");
  EXPECT_EQ(Conninfo::Parse("password=aa").Scrub("aaa"), "****a");
}

// "u:secret" written as one part of a URL, its colon escaped too, is a name for libpq.
TEST(ConninfoTest, APasswordInTheUsersNameIsNotShown) {
  const Conninfo conninfo = Conninfo::Parse("postgresql://u%3Ahunter2@h/d");
  EXPECT_EQ(conninfo.Describe(), "d on h as u:****");
  EXPECT_EQ(conninfo.Scrub("role \"u:hunter2\" does not exist"), "role \"u:****\" does not exist");
  EXPECT_EQ(*conninfo.Find("user"), "u:hunter2");
  EXPECT_EQ(Conninfo::Parse("user=u: host=h dbname=d").Describe(), "d on h as u:");
}

TEST(ConninfoTest, NoSecretSurvivesTheFuzzCorpus) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SQLMIG_SOURCE_DIR "/tests/fuzz/corpus/conninfo")) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string input(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(ConninfoProblem(input), "") << entry.path();
    ++files;
  }
  EXPECT_GE(files, 20U);
}

TEST(ConninfoTest, KnowsWhichOptionsAreSecret) {
  const std::vector<std::string> names = SecretOptions();
  EXPECT_NE(std::find(names.begin(), names.end(), "password"), names.end());
  EXPECT_NE(std::find(names.begin(), names.end(), "sslpassword"), names.end());
  EXPECT_EQ(std::find(names.begin(), names.end(), "user"), names.end());
}

TEST(QuoteTest, Literals) {
  EXPECT_EQ(QuoteLiteral(""), "''");
  EXPECT_EQ(QuoteLiteral("plain"), "'plain'");
  EXPECT_EQ(QuoteLiteral("it's"), "'it''s'");
  EXPECT_EQ(QuoteLiteral("''"), "''''''");
  EXPECT_EQ(QuoteLiteral("a\\b"), " E'a\\\\b'");
  EXPECT_EQ(QuoteLiteral("\\'"), " E'\\\\'''");
  EXPECT_EQ(QuoteLiteral("\n\xC3\xA9"), "'\n\xC3\xA9'");
}

TEST(QuoteTest, Identifiers) {
  EXPECT_EQ(QuoteIdentifier("plain"), "\"plain\"");
  EXPECT_EQ(QuoteIdentifier("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(QuoteIdentifier("a\\b c"), "\"a\\b c\"");
}

TEST(ToErrorTest, ChoosesTheCodeByTheState) {
  const auto code = [](const char* state) {
    ServerError error;
    error.sqlstate = state;
    error.message = "text";
    return ToError(error).code();
  };
  EXPECT_EQ(code("42601"), ErrorCode::kSql);
  EXPECT_EQ(code(""), ErrorCode::kSql);
  EXPECT_EQ(code("55P03"), ErrorCode::kLockTimeout);
  EXPECT_EQ(code("25006"), ErrorCode::kReadOnly);
  EXPECT_EQ(code("08006"), ErrorCode::kConnection);
  EXPECT_EQ(code("57P01"), ErrorCode::kConnection);
  EXPECT_EQ(code("57014"), ErrorCode::kSql);
  EXPECT_EQ(code("40P01"), ErrorCode::kSql);
}

TEST(ToErrorTest, KeepsWhatTheServerSaid) {
  const Error error =
      ToError({"42703", "column \x1b[31m does not exist", {"42703", "detail", "hint", "context"}, 8, false});
  EXPECT_EQ(error.message(), "column ?[31m does not exist (42703)");
  EXPECT_EQ(error.sql().sqlstate, "42703");
  EXPECT_EQ(error.sql().detail, "detail");
  EXPECT_EQ(error.sql().hint, "hint");
  EXPECT_EQ(error.sql().context, "context");
}

}  // namespace
}  // namespace sqlmig
