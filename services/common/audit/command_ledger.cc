#include "services/common/audit/command_ledger.h"

#include <algorithm>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/audit/keys.h"
#include "services/common/crypto/hash.h"
#include "services/common/status/error.h"

namespace u2fi::audit {
namespace {

constexpr absl::string_view kGate = "command-gate";
// What an agent's journal says of a command that goes to its device, and the
// subject of rows about one.
constexpr absl::string_view kHanded = "HANDED";
constexpr absl::string_view kCommands = "commands/";
constexpr uint64_t kNone = std::numeric_limits<uint64_t>::max();

std::string DigestOf(const ParsedRow& row) {
  return crypto::ToString(crypto::Sha256(row.body.command()));
}

absl::Status Fault(absl::string_view step, absl::string_view why) {
  return Error(reason::kAuditChain, absl::StrCat(step, ": ", why),
               {{"step", std::string(step)}});
}

}  // namespace

void CommandLedger::Note(const ParsedRow& row, uint64_t line) {
  const std::string& service = row.header.writer().service();
  const bool handed = absl::StartsWith(service, kJournalWriterPrefix) &&
                      row.body.state_after() == kHanded;
  const bool gated =
      service == kGate && row.header.kind() != v1::ROW_KIND_LOST_RACE;
  if (!handed && !gated) return;
  for (const std::string& subject : row.header.subjects()) {
    if (!absl::StartsWith(subject, kCommands)) continue;
    if (handed) {
      handed_.push_back({subject, DigestOf(row), line});
    } else {
      gated_[subject] |= row.erased;
    }
  }
}

void CommandLedger::NoteApproved(const ParsedRow& row) {
  approved_.insert(DigestOf(row));
}

void CommandLedger::NoteUnverifiable(const ParsedRow& row) {
  unverifiable_.insert(DigestOf(row));
}

void CommandLedger::NoteDispatched(const ParsedRow& row,
                                   absl::string_view command_id,
                                   uint64_t line) {
  std::string digest = DigestOf(row);
  if (!known_dispatched_.insert(digest).second) return;
  dispatched_.push_back(
      {absl::StrCat(kCommands, command_id), std::move(digest), line});
}

bool CommandLedger::MayBeApproved(const Done& done) const {
  const auto gated = gated_.find(done.subject);
  return approved_.count(done.digest) > 0 ||
         unverifiable_.count(done.digest) > 0 ||
         (gated != gated_.end() && gated->second);
}

uint64_t CommandLedger::FirstIn(const std::vector<Done>& done) const {
  uint64_t first = kNone;
  for (const Done& one : done) {
    if (!MayBeApproved(one)) first = std::min(first, one.line);
  }
  return first;
}

absl::Status CommandLedger::Finish(uint64_t& line) const {
  const uint64_t unapproved = FirstIn(dispatched_);
  // A journal may be verified without the gate's rows.
  const uint64_t hidden = gated_.empty() ? kNone : FirstIn(handed_);
  if (unapproved == kNone && hidden == kNone) return absl::OkStatus();
  line = std::min(unapproved, hidden);
  if (line == unapproved) {
    return Fault("approved", "no row approved the command");
  }
  return Fault("handed", "the gate's rows do not approve the command");
}

}  // namespace u2fi::audit
