// Which scripts the parser does not understand, for the commands that only look.
#pragma once

#include <vector>

#include "manifest/manifest.h"
#include "model/migration.h"
#include "report/unparsed_script.h"
#include "support/file.h"

namespace sqlmig {

class UnparsedScripts {
 public:
  // The manifest outlives it. Throws kIo when its folder cannot be opened.
  explicit UnparsedScripts(const Manifest& manifest) : root_(manifest.folder()) {}

  // Adds the migration's script of that direction to `found` when it is one. A script that is refused or cannot be read
  // is not: `check`, `plan` and `apply` say why.
  void AddTo(const Migration& migration, Direction direction, std::vector<UnparsedScript>* found) const;

 private:
  FileRoot root_;
};

}  // namespace sqlmig
