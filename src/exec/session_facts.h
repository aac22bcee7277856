// What a session must be before it is used: connected to the server itself, with the settings that it was given.
#pragma once

#include <string>

#include "pg/connection.h"

namespace sqlmig {

// One row of facts about the session, for CheckSessionFacts.
std::string SessionFactsSql();

// Settings are believed when they were read back: a pooler or a server may have dropped them. Throws kPooler when
// another backend answers than the one that the connection was made with, unless `allow_pooler`; kConnection when a
// setting is not what was asked for; kReadOnly when a session that writes cannot.
void CheckSessionFacts(const Rows& facts, const Connection& connection, const SessionSettings& settings,
                       bool allow_pooler);

}  // namespace sqlmig
