#include "exec/receipt_draft.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <string_view>
#include <tuple>
#include <utility>

namespace sqlmig {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr int kStrongest = 8;
constexpr int kShareUpdateExclusive = 4;  // from here on, a lock keeps changes of the table's shape waiting

template <typename Number>
Number ToNumber(std::string_view text) {
  Number value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

int Strongest(unsigned levels) {
  return static_cast<int>(std::bit_width(levels)) - 1;
}

const char* KindName(char kind) {
  switch (kind) {
    case 'r':
      return "table";
    case 'p':
      return "partitioned table";
    case 'm':
      return "materialized view";
    case 'v':
      return "view";
    case 'f':
      return "foreign table";
    case 'S':
      return "sequence";
    case 'i':
      return "index";
    case 'I':
      return "partitioned index";
    default:
      return "";
  }
}

bool IsIndex(char kind) {
  return kind == 'i' || kind == 'I';
}

// "(16402,AccessShareLock,16402,1)" of HeldExpression.
std::array<std::string_view, 4> FieldsOf(std::string_view row) {
  std::array<std::string_view, 4> fields;
  for (std::string_view& field : fields) {
    const std::size_t end = std::min(row.find(','), row.size());
    field = row.substr(0, end);
    row.remove_prefix(std::min(end + 1, row.size()));
  }
  return fields;
}

constexpr std::size_t kFactColumns = 5;

}  // namespace

void ReceiptDraft::Begin(Time now) {
  for (auto& [oid, sighting] : sightings_) EndWait(oid, sighting, last_look_);
  sightings_.clear();
  last_look_ = now;
}

ReceiptDraft::Past ReceiptDraft::Fail(Time now) {
  for (auto& [oid, sighting] : sightings_) EndWait(oid, sighting, now);
  Past past{{}, victims_, longest_};
  for (const auto& [oid, total] : totals_) {
    if (total.waited.count() > 0) past.waited[oid] = total.waited;
  }
  return past;
}

void ReceiptDraft::Continue(const Past& past) {
  for (const auto& [oid, waited] : past.waited) totals_[oid].waited += waited;
  victims_ = std::max(victims_, past.victims);
  longest_ = std::max(longest_, past.longest);
}

void ReceiptDraft::SetBaseline(const Rows& rows, bool with_scans) {
  baseline_ = true;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (rows.At(r, 5) == "t") continue;
    Facts facts{rows.At(r, 1), rows.At(r, 2)[0], rows.At(r, 3), ToNumber<Oid>(rows.At(r, 4)), false, 0};
    if (with_scans) facts.scans = ToNumber<std::int64_t>(rows.At(r, 1 + kFactColumns));
    facts_[ToNumber<Oid>(rows.At(r, 0))] = std::move(facts);
  }
}

void ReceiptDraft::SeeCatalog(const Rows& rows) {
  for (std::size_t r = 0; r < rows.size(); ++r) {
    facts_.try_emplace(ToNumber<Oid>(rows.At(r, 0)), Facts{rows.At(r, 1), rows.At(r, 2)[0], rows.At(r, 3),
                                                           ToNumber<Oid>(rows.At(r, 4)), rows.At(r, 5) == "t", 0});
  }
}

void ReceiptDraft::Hold(Oid oid, int level, Time now) {
  Sighting& sighting = sightings_[oid];
  std::optional<Time>& since = sighting.since.at(static_cast<std::size_t>(level));
  if (!since) since = last_look_;
  sighting.seen = now;
}

void ReceiptDraft::EndWait(Oid oid, Sighting& sighting, Time now) {
  if (!sighting.waiting_since) return;
  totals_[oid].waited += now - *sighting.waiting_since;
  sighting.waiting_since.reset();
}

void ReceiptDraft::Look(const Rows& rows, Time now) {
  std::map<Oid, bool> waits;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto oid = ToNumber<Oid>(rows.At(r, 0));
    const int level = LockLevel(rows.At(r, 1 + kFactColumns));
    if (level == 0) continue;
    if (rows.IsNull(r, 1)) {
      learned_.emplace(oid, true);  // other sessions do not see it yet
    } else if (!facts_.contains(oid) && !baseline_) {
      facts_[oid] = {
          rows.At(r, 1), rows.At(r, 2)[0], rows.At(r, 3), ToNumber<Oid>(rows.At(r, 4)), rows.At(r, 5) == "t", 0};
    }
    if (rows.At(r, 2 + kFactColumns) == "t") {
      Hold(oid, level, now);
      continue;
    }
    waits[oid] = true;
    Sighting& sighting = sightings_[oid];
    sighting.waits_for = level;
    if (sighting.waiting_since) continue;
    const bool told = !rows.IsNull(r, 3 + kFactColumns);
    sighting.waiting_since =
        told ? now - milliseconds(ToNumber<std::int64_t>(rows.At(r, 3 + kFactColumns))) : last_look_;
  }
  for (auto& [oid, sighting] : sightings_) {
    if (!waits.contains(oid)) EndWait(oid, sighting, now);
  }
  last_look_ = now;
}

void ReceiptDraft::SeeVictims(std::size_t sessions, std::chrono::steady_clock::duration longest) {
  victims_ = std::max(victims_, static_cast<int>(sessions));
  longest_ = std::max(longest_, longest);
}

void ReceiptDraft::End(const std::string& held, Scans scans, Time now) {
  outside_ = outside_ || held.empty();
  std::map<Oid, std::int64_t> counts;
  std::string_view left = held;
  for (std::size_t open = left.find('('); open != std::string_view::npos; open = left.find('(')) {
    const std::size_t close = std::min(left.find(')', open), left.size());
    const auto [relation, mode, filenode, count] = FieldsOf(left.substr(open + 1, close - open - 1));
    left.remove_prefix(close);
    const auto oid = ToNumber<Oid>(relation);
    const int level = LockLevel(mode);
    if (level == 0) continue;
    Hold(oid, level, now);
    totals_[oid].filenode = std::string(filenode);
    counts[oid] = ToNumber<std::int64_t>(count);
  }
  if (scans == Scans::kThisUnit) {
    for (const auto& [oid, count] : counts) {
      const auto known = facts_.find(oid);
      const std::int64_t before = known != facts_.end() ? known->second.scans : 0;
      Total& total = totals_[oid];
      total.scans = total.scans.value_or(0) + count - before;
    }
  }
  for (auto& [oid, sighting] : sightings_) {
    // Outside of a transaction there is no list of the end.
    const bool until_now = held.empty() ? sighting.seen == last_look_ || sighting.waiting_since : counts.contains(oid);
    if (held.empty() && sighting.waiting_since) Hold(oid, sighting.waits_for, now);
    EndWait(oid, sighting, now);
    Close(oid, sighting, until_now ? now : sighting.seen);
  }
  sightings_.clear();
}

void ReceiptDraft::Close(Oid oid, const Sighting& sighting, Time end) {
  unsigned levels = 0;
  for (std::size_t level = 1; level < sighting.since.size(); ++level) {
    if (sighting.since.at(level)) levels |= 1U << level;
  }
  if (levels == 0) return;
  Total& total = totals_[oid];
  // Of several units: the longest hold of the strongest.
  if (Strongest(levels) > Strongest(total.levels)) total.held = {};
  if (Strongest(levels) >= Strongest(total.levels)) {
    total.held = std::max(total.held, end - *sighting.since.at(static_cast<std::size_t>(Strongest(levels))));
  }
  total.levels |= levels;
}

std::vector<Oid> ReceiptDraft::Unknown(bool all) const {
  std::vector<Oid> unknown;
  for (const auto& [oid, total] : totals_) {
    const bool wanted = total.levels != 0 && !learned_.contains(oid) && (all || (!baseline_ && !facts_.contains(oid)));
    if (wanted) unknown.push_back(oid);
  }
  return unknown;
}

void ReceiptDraft::Learn(const Rows& rows) {
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto oid = ToNumber<Oid>(rows.At(r, 0));
    learned_[oid] = rows.At(r, 1 + kFactColumns) == "t";
    Total& total = totals_[oid];
    // What a later step of the same transaction has rewritten is not this one's doing.
    if (outside_ || !total.filenode) total.filenode = rows.At(r, 3);
    // What it is now, but not what file it had.
    facts_.try_emplace(
        oid, Facts{rows.At(r, 1), rows.At(r, 2)[0], {}, ToNumber<Oid>(rows.At(r, 4)), rows.At(r, 5) == "t", 0});
  }
}

// An index is worth a line when it is held more strongly than its table: it is only then that it keeps somebody waiting
// whom the table does not.
bool ReceiptDraft::IsShown(const Facts& facts, const Total& total) const {
  if (facts.hidden) return false;
  if (!IsIndex(facts.kind)) return true;
  const auto table = totals_.find(facts.table);
  const int of_table = table == totals_.end() ? 0 : Strongest(table->second.levels);
  return Strongest(total.levels) >= kShareUpdateExclusive && Strongest(total.levels) > of_table;
}

std::optional<bool> ReceiptDraft::Rewritten(const Facts& facts, const Total& total) {
  if (facts.kind != 'r' && facts.kind != 'm' && facts.kind != 'i') return false;
  if (total.filenode && (total.filenode->empty() || *total.filenode == "0")) return false;  // it is gone
  if (!total.filenode || facts.filenode.empty()) return std::nullopt;
  return *total.filenode != facts.filenode;
}

Receipt ReceiptDraft::Make() const {
  Receipt receipt;
  std::vector<std::pair<int, ReceiptLock>> locks;
  for (const auto& [oid, total] : totals_) {
    if (total.levels == 0) continue;
    const auto learned = learned_.find(oid);
    if (learned != learned_.end() && learned->second) continue;  // the step's own concerns nobody
    const auto known = facts_.find(oid);
    // Nobody saw it before the step, and it is gone: most likely the step made it, as a rewrite makes a table.
    if (known == facts_.end()) continue;
    const Facts& facts = known->second;
    if (!IsShown(facts, total)) continue;
    ReceiptLock lock;
    lock.relation = facts.name;
    lock.kind = KindName(facts.kind);
    for (int level = 1; level <= kStrongest; ++level) {
      if ((total.levels >> static_cast<unsigned>(level) & 1U) != 0) lock.modes.emplace_back(LockModeName(level));
    }
    lock.waited_ms = duration_cast<milliseconds>(total.waited).count();
    lock.held_ms = duration_cast<milliseconds>(total.held).count();
    lock.rewritten = Rewritten(facts, total);
    if (facts.kind == 'r' || facts.kind == 'm') lock.scanned = total.scans;
    locks.emplace_back(-Strongest(total.levels), std::move(lock));
  }
  std::sort(locks.begin(), locks.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first, a.second.relation) < std::tie(b.first, b.second.relation);
  });
  for (auto& [strength, lock] : locks) receipt.locks.push_back(std::move(lock));
  receipt.victims = victims_;
  receipt.longest_wait_ms = duration_cast<milliseconds>(longest_).count();
  return receipt;
}

}  // namespace sqlmig
