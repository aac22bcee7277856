// What a statement makes that is gone with the session: temporary tables, prepared statements, cursors that are held.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sqlmig {

struct SessionObject {
  enum class Kind { kTemporary, kPrepared, kCursor };
  Kind kind = Kind::kTemporary;
  std::string name;  // as the server stores it, without its schema
};

// Also in the body of a DO. A table that is dropped at the COMMIT is none. REQUIRES: `statement` begins with its first
// token.
std::vector<SessionObject> ReadSessionObjects(std::string_view statement);

// Whether the statement fails, or does something else, where the object is not: a table stands as a relation in it,
// without a schema or in pg_temp, or in a string of a DO that is SQL; a prepared statement is executed; a cursor is
// read or closed.
bool NeedsObject(std::string_view statement, const SessionObject& object);

// DROP ... IF EXISTS of it, which succeeds where it is not.
bool DropsIfThere(std::string_view statement, const SessionObject& object);

}  // namespace sqlmig
