// pg_dump's text without what differs from run to run, from machine to machine and between its versions.
#pragma once

#include <string>
#include <string_view>

namespace sqlmig {

// What a dump begins with here, whatever pg_dump has written: settings for the session that reads it.
inline constexpr std::string_view kDumpSettings =
    "SET client_encoding = 'UTF8';\n"
    "SET standard_conforming_strings = on;\n"
    "SELECT pg_catalog.set_config('search_path', '', false);\n"
    "SET check_function_bodies = false;\n"
    "SET xmloption = content;\n"
    "SET client_min_messages = warning;\n"
    "SET row_security = off;\n";

// Puts kDumpSettings in place of the settings at the beginning, which depend on pg_dump's version; takes out the lines
// that tell versions, psql's \restrict and \unrestrict with their random key, and the title. User mappings are left
// out: they belong to a machine, and may hold a password. All else stays byte by byte, in pg_dump's order. Throws kSql
// when the text does not begin as pg_dump begins.
std::string StableDump(std::string_view dump);

}  // namespace sqlmig
