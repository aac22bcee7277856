#include "dump/stable_text.h"

#include <string>

#include <gtest/gtest.h>

#include "support/error.h"

namespace sqlmig {
namespace {

// What pg_dump writes around `body`, by its version.
std::string DumpOf15(const std::string& body) {
  return "--\n-- PostgreSQL database dump\n--\n\n\\restrict Xk2Qa\n\n"
         "-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)\n"
         "-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)\n\n"
         "SET statement_timeout = 0;\nSET lock_timeout = 0;\nSET idle_in_transaction_session_timeout = 0;\n"
         "SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n"
         "SELECT pg_catalog.set_config('search_path', '', false);\nSET check_function_bodies = false;\n"
         "SET xmloption = content;\nSET client_min_messages = warning;\nSET row_security = off;\n\n" +
         body + "\n--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict Xk2Qa\n\n";
}

std::string DumpOf17(const std::string& body) {
  return "--\n-- PostgreSQL database dump\n--\n\n"
         "-- Dumped from database version 17.1\n-- Dumped by pg_dump version 17.1\n\n"
         "SET statement_timeout = 0;\nSET lock_timeout = 0;\nSET idle_in_transaction_session_timeout = 0;\n"
         "SET transaction_timeout = 0;\n"
         "SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n"
         "SELECT pg_catalog.set_config('search_path', '', false);\nSET check_function_bodies = false;\n"
         "SET xmloption = content;\nSET client_min_messages = warning;\nSET row_security = off;\n\n" +
         body + "\n--\n-- PostgreSQL database dump complete\n--\n\n";
}

constexpr const char* kTable =
    "SET default_tablespace = '';\n\nSET default_table_access_method = heap;\n\n"
    "--\n-- Name: t; Type: TABLE; Schema: public; Owner: -\n--\n\nCREATE TABLE public.t (\n    id bigint\n);\n\n";

TEST(StableDumpTest, HeadAndTailSayNothingOfVersionsAndRuns) {
  EXPECT_EQ(
      StableDump(DumpOf15(kTable)),
      std::string(kDumpSettings) + "\n" +
          "SET default_tablespace = '';\n\nSET default_table_access_method = heap;\n\n"
          "--\n-- Name: t; Type: TABLE; Schema: public; Owner: -\n--\n\nCREATE TABLE public.t (\n    id bigint\n);\n");
}

TEST(StableDumpTest, VersionsThatWriteOtherSettingsGiveTheSame) {
  EXPECT_EQ(StableDump(DumpOf15(kTable)), StableDump(DumpOf17(kTable)));
}

TEST(StableDumpTest, EmptyDatabase) {
  EXPECT_EQ(StableDump(DumpOf15("")), std::string(kDumpSettings));
}

TEST(StableDumpTest, ASettingThatIsNotKnownStays) {
  std::string dump = DumpOf15(kTable);
  dump.insert(dump.find("SET row_security"), "SET something_new = on;\n");
  EXPECT_NE(StableDump(dump).find("SET row_security = off;\nSET something_new = on;\n\n"), std::string::npos);
}

TEST(StableDumpTest, WhatLooksLikeHeadOrTailInsideOfAFunctionStays) {
  const std::string function =
      "CREATE FUNCTION public.f() RETURNS text\n    LANGUAGE sql\n    AS $_$ SELECT '\n\\unrestrict x\n"
      "SET statement_timeout = 0;\n--\n-- PostgreSQL database dump complete\n--\n\n"
      "CREATE USER MAPPING FOR postgres SERVER s;\n\\restrict y\n' $_$;\n";
  EXPECT_EQ(StableDump(DumpOf15(function)), std::string(kDumpSettings) + "\n" + function);
}

TEST(StableDumpTest, UserMappingsAreLeftOutWithTheirComment) {
  const std::string before = "CREATE SERVER s FOREIGN DATA WRAPPER w;\n";
  const std::string mapping =
      "\n\n--\n-- Name: USER MAPPING postgres SERVER s; Type: USER MAPPING; Schema: -; Owner: -\n--\n\n"
      "CREATE USER MAPPING FOR postgres SERVER s OPTIONS (\n    password 'geheim; ''x'\n);\n";
  const std::string after =
      "\n\n--\n-- Name: t; Type: TABLE; Schema: public; Owner: -\n--\n\nCREATE TABLE public.t ();\n";
  EXPECT_EQ(StableDump(DumpOf15(before + mapping + after)), std::string(kDumpSettings) + "\n" + before + after);
  EXPECT_EQ(StableDump(DumpOf15(before + mapping)), std::string(kDumpSettings) + "\n" + before);
}

TEST(StableDumpTest, WhatIsNoDumpIsRefused) {
  for (const char* text : {"", "hello\n", "--\n-- PostgreSQL database dump\n--\n", "CREATE TABLE t ();\n"}) {
    EXPECT_THROW(StableDump(text), Error) << text;
  }
}

}  // namespace
}  // namespace sqlmig
