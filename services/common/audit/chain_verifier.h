#ifndef U2FI_SERVICES_COMMON_AUDIT_CHAIN_VERIFIER_H_
#define U2FI_SERVICES_COMMON_AUDIT_CHAIN_VERIFIER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/audit/chain.h"
#include "services/common/audit/checkpoint.h"
#include "services/common/audit/row.h"
#include "services/common/crypto/p256.h"
#include "u2fi/audit/v1/record.pb.h"

namespace u2fi::audit {

// What an export has of one writer's chain.
struct ChainSummary {
  v1::Writer writer;
  uint64_t first = 0;
  uint64_t last = 0;
  // The last row that a checkpoint covers; 0: none.
  uint64_t covered = 0;
  // The last row that a checkpoint under an anchored key covers, and the
  // fingerprint of that key; 0: none.
  uint64_t anchored = 0;
  std::string anchor;
};

// Checks the chains of an export, record by record. Each fault is an
// AUDIT_CHAIN error (AUDIT_FORMAT, SIGNATURE_INVALID for what they are) whose
// metadata "step" names the rule:
// for a row
//   begin       a complete export has every chain from row 1
//   writer, sequence, previous, time     see CheckFollows()
//   repetition  a row that comes again is the same
// for a key
//   key         in form, on the curve, and one key for one id
// for a checkpoint
//   form        see CheckCheckpoint()
//   key         the file gave its key before; that of an agent's journal is
//               named by its fingerprint, as gateways do
//   signature   by that key
//   truncated   the row that it vouches for is there
//   covers      and has that hash
// at the end, for what checkpoints saw of other chains and for predecessors
//   truncated   the row is there
//   seen        and has that hash
//   missing     a complete export has every writer of the same service that
//               is named
// Memory: 32 bytes a row. Not thread-safe.
class ChainVerifier {
 public:
  struct Options {
    // The file claims to hold everything from the beginning.
    bool complete = false;
    // Whether a key with this fingerprint is an anchor.
    std::function<bool(absl::string_view)> is_anchor;
    size_t max_rows = 50'000'000;
  };

  explicit ChainVerifier(Options options) : options_(std::move(options)) {}

  // `line` says where the record was, for faults that show later. True if the
  // row is new, false if it only came again.
  absl::StatusOr<bool> AddRow(const ParsedRow& row, uint64_t line);
  absl::Status AddKey(const AuditKey& key);
  absl::Status AddCheckpoint(const v1::SignedCheckpoint& checkpoint,
                             uint64_t line);

  // What could only be told at the end; `line` is then that of the record that
  // named the other row.
  absl::Status Finish(uint64_t& line) const;

  // In order of appearance.
  std::vector<ChainSummary> Summaries() const;

  // The same for one row's chain.
  const ChainSummary& SummaryOf(const v1::Writer& writer) const;

 private:
  struct Chain {
    ChainSummary summary;
    size_t order = 0;
    uint64_t last_time_ms = 0;
    std::vector<crypto::Digest> hashes;

    const crypto::Digest* Find(uint64_t sequence) const;
    ChainHead Head() const;
  };
  struct Key {
    crypto::P256PublicKey key;
    std::string fingerprint;
  };
  // A row that some record named.
  struct Named {
    v1::RowReference row;
    // Whether the namer is a writer of the same service and tenant.
    bool kin = false;
    uint64_t line = 0;
  };

  absl::Status CheckCovered(const ParsedCheckpoint& parsed);
  void Note(const ParsedCheckpoint& parsed, const Key& key);
  void Name(const v1::Writer& namer, const v1::RowReference& row,
            uint64_t line);
  absl::Status CheckNamed(const Named& named) const;
  const Chain* FindChain(const v1::Writer& writer) const;

  const Options options_;
  size_t rows_ = 0;
  // By service, tenant and incarnation.
  std::map<std::string, Chain> chains_;
  std::map<std::string, Key, std::less<>> keys_;
  std::map<std::string, Named> named_;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_CHAIN_VERIFIER_H_
