#ifndef U2FI_SERVICES_ATTESTATION_METADATA_KEEPER_H_
#define U2FI_SERVICES_ATTESTATION_METADATA_KEEPER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/attestation/attestation_metrics.h"
#include "services/attestation/token_store.h"
#include "services/common/crypto/certificate.h"
#include "services/common/fido/metadata_blob.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"

namespace u2fi::attestation {

// A BLOB that was verified.
using Metadata = std::shared_ptr<const fido::MetadataBlob>;

// Keeps the metadata BLOB of the deployment in the store, and what it says in
// memory. Every replica verifies the signature itself when it reads it, as of
// the time of the import. Thread-safe; a replica holds one BLOB at a time.
class MetadataKeeper {
 public:
  // The references must outlive this object. `roots` are what the signature
  // must lead to; none: there is no metadata.
  MetadataKeeper(const Clock& clock, u2fi::store::Store& store,
                 std::vector<crypto::Certificate> roots,
                 AttestationMetrics& metrics)
      : clock_(clock),
        store_(store),
        roots_(std::move(roots)),
        metrics_(metrics) {}

  // What is in use now, or null: one read of the store if it has not changed.
  // Errors are the store's; METADATA_* if what is there does not verify any
  // more under this configuration.
  absl::StatusOr<Metadata> Current();

  // Reads a BLOB that is to be imported: METADATA_FORMAT, METADATA_SIGNATURE,
  // METADATA_ROLLBACK (its number is below the one in use).
  absl::StatusOr<Metadata> Check(absl::string_view blob);

  // The digest of the BLOB in use if it has been for `age` and MarkLookedAt()
  // was not called for it yet; empty otherwise.
  absl::StatusOr<std::string> NotLookedAt(absl::Duration age);
  // Nothing if another one is in use by now. Errors are the store's.
  absl::Status MarkLookedAt(const std::string& digest);

  // Puts a BLOB that Check() let pass to use. The same again changes nothing.
  // METADATA_ROLLBACK, STORE_ABORTED if somebody was faster.
  absl::Status Keep(absl::string_view blob, const Metadata& checked);

 private:
  using Row = records::v1::MetadataRow;
  absl::StatusOr<std::pair<u2fi::store::Epoch, Stored<Row>>> ReadHead();
  absl::StatusOr<std::string> ReadBlob(const Row& head);
  absl::StatusOr<Metadata> Parse(absl::string_view blob, absl::Time now);
  absl::Status WriteParts(const u2fi::store::Epoch& epoch,
                          absl::string_view blob, const Row& head);
  void RemoveParts(const Row& head);

  const Clock& clock_;
  u2fi::store::Store& store_;
  const std::vector<crypto::Certificate> roots_;
  AttestationMetrics& metrics_;
  Mutex mutex_;
  std::string digest_ ABSL_GUARDED_BY(mutex_);
  Metadata current_ ABSL_GUARDED_BY(mutex_);
};

// The entry that calls the model of `token` bad, or null. What an unproved
// token says of itself counts here: it only takes rights away.
const fido::MetadataEntry* BadModelOf(const Metadata& metadata,
                                      const records::v1::TokenRow& token);

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_METADATA_KEEPER_H_
