// Any bytes as a manifest and as a `.env`: never a crash, never a hang, the same with and without the shortcut for
// entry lines, and what is loaded without problems can be edited or is refused by name. Finds go to
// tests/fuzz/corpus/manifest, where a unit test replays them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "manifest/dotenv.h"
#include "manifest/edit.h"
#include "manifest/manifest.h"
#include "manifest/same_document.h"

namespace {

using sqlmig::Error;
using sqlmig::ErrorCode;

void Edit(const sqlmig::Manifest& manifest) {
  for (const sqlmig::DatabaseEntry& database : manifest.databases) {
    try {
      sqlmig::WithMigration(manifest, database.name, {sqlmig::MigrationId::Parse("fuzz_new"), {}, "x", false});
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kManifest) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const sqlmig::LoadedManifest loaded = sqlmig::ParseManifest("migrations.yaml", text, [](std::string_view name) {
    return name == "X" ? std::optional<std::string>("y") : std::nullopt;
  });
  if (!sqlmig::testing::WhatDiffers(text).empty()) std::abort();
  if (loaded.problems.empty()) Edit(loaded.manifest);
  try {
    sqlmig::ParseDotenv(text, ".env");
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kManifest) std::abort();
  }
  return 0;
}
