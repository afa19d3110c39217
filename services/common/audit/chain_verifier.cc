#include "services/common/audit/chain_verifier.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/audit/chain.h"
#include "services/common/audit/keys.h"
#include "services/common/proof/step.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {
namespace {

absl::Status Fault(absl::string_view step, absl::string_view why) {
  return Error(reason::kAuditChain, absl::StrCat(step, ": ", why),
               {{"step", std::string(step)}});
}

absl::Status At(const char* step, const absl::Status& status) {
  return status.ok() ? status : proof::AtStep(step, status);
}

std::string KeyOf(const v1::Writer& writer) {
  return absl::StrCat(writer.service(), "|", writer.tenant(), "|",
                      writer.incarnation());
}

bool IsJournal(const v1::Writer& writer) {
  return absl::StartsWith(writer.service(), kJournalWriterPrefix);
}

bool AreKin(const v1::Writer& a, const v1::Writer& b) {
  return a.service() == b.service() && a.tenant() == b.tenant();
}

}  // namespace

const crypto::Digest* ChainVerifier::Chain::Find(uint64_t sequence) const {
  if (sequence < summary.first || sequence > summary.last) return nullptr;
  return &hashes[sequence - summary.first];
}

ChainHead ChainVerifier::Chain::Head() const {
  return {{summary.last, hashes.back()}, last_time_ms};
}

absl::StatusOr<bool> ChainVerifier::AddRow(const ParsedRow& row,
                                           uint64_t line) {
  const v1::Writer& writer = row.header.writer();
  Chain& chain = chains_[KeyOf(writer)];
  if (const crypto::Digest* known = chain.Find(row.id.sequence)) {
    if (*known == row.id.hash) return false;
    return Fault("repetition", "another row with this number came before");
  }
  if (++rows_ > options_.max_rows) return Fault("size", "too many rows");
  if (chain.hashes.empty()) {
    if (options_.complete && row.id.sequence != 1) {
      return Fault("begin", "the chain does not begin with row 1");
    }
    chain.order = chains_.size();
    chain.summary.writer = writer;
    chain.summary.first = row.id.sequence;
  } else {
    RETURN_IF_ERROR(CheckFollows(writer, chain.Head(), row));
  }
  chain.summary.last = row.id.sequence;
  chain.last_time_ms = row.header.time_ms();
  chain.hashes.push_back(row.id.hash);
  if (row.header.has_predecessor()) {
    Name(writer, row.header.predecessor(), line);
  }
  return true;
}

absl::Status ChainVerifier::AddKey(const AuditKey& key) {
  absl::StatusOr<crypto::P256PublicKey> parsed = ParseAuditKey(key);
  RETURN_IF_ERROR(At("key", parsed.status()));
  const auto known = keys_.find(key.kid);
  if (known != keys_.end() && known->second.key.point() != key.point) {
    return Fault("key", "another key has this id");
  }
  std::string fingerprint = Fingerprint(*parsed);
  keys_.insert({key.kid, {*std::move(parsed), std::move(fingerprint)}});
  return absl::OkStatus();
}

absl::Status ChainVerifier::AddCheckpoint(
    const v1::SignedCheckpoint& checkpoint, uint64_t line) {
  const absl::StatusOr<ParsedCheckpoint> parsed = CheckCheckpoint(checkpoint);
  RETURN_IF_ERROR(At("form", parsed.status()));
  const auto key = keys_.find(checkpoint.kid());
  if (key == keys_.end()) {
    return Fault("key", absl::StrCat("no key ", checkpoint.kid()));
  }
  if (IsJournal(parsed->checkpoint.writer()) &&
      checkpoint.kid() != key->second.fingerprint) {
    return Fault("key", "a journal is signed by its gateway's key");
  }
  RETURN_IF_ERROR(
      At("signature", VerifyCheckpoint(checkpoint, key->second.key)));
  RETURN_IF_ERROR(CheckCovered(*parsed));
  Note(*parsed, key->second);
  for (const v1::RowReference& seen : parsed->checkpoint.seen()) {
    Name(parsed->checkpoint.writer(), seen, line);
  }
  return absl::OkStatus();
}

absl::Status ChainVerifier::CheckCovered(const ParsedCheckpoint& parsed) {
  const Chain* chain = FindChain(parsed.checkpoint.writer());
  if (chain == nullptr || parsed.row.sequence > chain->summary.last) {
    return Fault("truncated",
                 absl::StrCat("row ", parsed.row.sequence,
                              ", which the checkpoint covers, is not there"));
  }
  // A partial export may begin later.
  const crypto::Digest* hash = chain->Find(parsed.row.sequence);
  if (hash == nullptr || *hash == parsed.row.hash) return absl::OkStatus();
  return Fault("covers", "the checkpoint vouches for another row");
}

void ChainVerifier::Note(const ParsedCheckpoint& parsed, const Key& key) {
  ChainSummary& summary = chains_[KeyOf(parsed.checkpoint.writer())].summary;
  summary.covered = std::max(summary.covered, parsed.row.sequence);
  if (!options_.is_anchor || !options_.is_anchor(key.fingerprint)) return;
  summary.anchored = std::max(summary.anchored, parsed.row.sequence);
  summary.anchor = key.fingerprint;
}

// Checks what can be checked now, and keeps the rest for the end.
void ChainVerifier::Name(const v1::Writer& namer, const v1::RowReference& row,
                         uint64_t line) {
  const Chain* chain = FindChain(row.writer());
  const crypto::Digest* hash =
      chain == nullptr ? nullptr : chain->Find(row.sequence());
  if (hash != nullptr && crypto::View(*hash) == row.hash()) return;
  named_.insert(
      {row.SerializeAsString(), {row, AreKin(namer, row.writer()), line}});
}

absl::Status ChainVerifier::Finish(uint64_t& line) const {
  const Named* first = nullptr;
  absl::Status status;
  for (const auto& [bytes, named] : named_) {
    if (first != nullptr && first->line <= named.line) continue;
    const absl::Status checked = CheckNamed(named);
    if (checked.ok()) continue;
    first = &named;
    status = checked;
  }
  if (first != nullptr) line = first->line;
  return status;
}

absl::Status ChainVerifier::CheckNamed(const Named& named) const {
  const Chain* chain = FindChain(named.row.writer());
  if (chain == nullptr) {
    if (!options_.complete || !named.kin) return absl::OkStatus();
    return Fault("missing", "a writer that was seen is not there");
  }
  if (named.row.sequence() > chain->summary.last) {
    return Fault("truncated", absl::StrCat("row ", named.row.sequence(),
                                           ", which was seen, is not there"));
  }
  const crypto::Digest* hash = chain->Find(named.row.sequence());
  if (hash == nullptr || crypto::View(*hash) == named.row.hash()) {
    return absl::OkStatus();
  }
  return Fault("seen",
               absl::StrCat("another row ", named.row.sequence(), " was seen"));
}

const ChainVerifier::Chain* ChainVerifier::FindChain(
    const v1::Writer& writer) const {
  const auto chain = chains_.find(KeyOf(writer));
  return chain == chains_.end() ? nullptr : &chain->second;
}

std::vector<ChainSummary> ChainVerifier::Summaries() const {
  std::map<size_t, ChainSummary> ordered;
  for (const auto& [key, chain] : chains_) {
    ordered[chain.order] = chain.summary;
  }
  std::vector<ChainSummary> summaries;
  summaries.reserve(ordered.size());
  for (auto& [order, summary] : ordered) summaries.push_back(summary);
  return summaries;
}

const ChainSummary& ChainVerifier::SummaryOf(const v1::Writer& writer) const {
  return chains_.at(KeyOf(writer)).summary;
}

}  // namespace u2fi::audit
