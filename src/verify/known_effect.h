// What the up of a pair of scripts does to a schema, kept so that a down can be held against it in another database:
// the objects that it touched, before and after. What others have made there since is none of them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "catalog/difference.h"
#include "model/migration_id.h"
#include "verify/effect.h"

namespace sqlmig {

struct KnownEffect {
  MigrationId id;  // for people: the hashes say which scripts it is of
  std::string up;  // token hashes; empty: no script
  std::string down;
  // Ordered by (kind, name), owners as one (verify/one_owner.h). Of an object that is there before and after, either
  // side has only the properties that differ. The order of columns is not in it.
  std::vector<ObjectChange> objects;
  // Whose words the objects are in: other major versions write some definitions in other ways.
  int server_major = 0;
};

// Both snapshots with one owner.
std::vector<ObjectChange> TouchedObjects(const Snapshot& before, const Snapshot& after);

// What distinguishes the touched objects in `found`, a schema with one owner in which the up has been undone, from what
// they were before it. What was granted on an object that is back, beyond what it had, is no difference.
std::vector<Difference> NotRestored(const std::vector<ObjectChange>& touched, const Snapshot& found);

// The effects of one database's migrations.
struct DatabaseEffects {
  std::string database;
  std::vector<KnownEffect> migrations;  // in plan order

  // Null: not known.
  const KnownEffect* Find(const std::string& up, const std::string& down) const;
};

}  // namespace sqlmig
