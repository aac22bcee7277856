// Statements that see which relations a session holds, and what they are. Everything is schema-qualified, as in
// ledger/ledger_sql.h.
#pragma once

#include <string>
#include <vector>

#include "exec/receipt_draft.h"

namespace sqlmig {

// Steps that take as long are given a receipt without being asked.
inline constexpr int kSlowStepMs = 100;

// An expression for the step's own transaction: an array of what this session holds, each as
// "(oid,mode,filenode,scans)". ReceiptDraft::End reads it. It joins nothing: its planning is part of each small step.
std::string HeldExpression();

// ", ..." behind it: scans are counted until the session tells the statistics, by default once a second; told behind
// each step, they are those of the next one alone. Empty before version 15, which cannot.
std::string FlushColumn(int server_version);

// Rows for ReceiptDraft::SetBaseline: all relations that a script can mean, with how often this session has scanned
// them since it last told the statistics. `ledger_schema`: as given.
std::string BaselineSql(const std::string& ledger_schema);

// Rows for ReceiptDraft::Look, from another session: what the session `pid` holds and waits for.
std::string LocksSql(int pid, const std::string& ledger_schema, int server_version);

// Rows for ReceiptDraft::Learn: what these relations are now. `begin`: a query for how many transactions ago (age())
// the step began.
std::string RelationsSql(const std::vector<Oid>& oids, const std::string& ledger_schema, const std::string& begin);

}  // namespace sqlmig
