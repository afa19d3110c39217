#ifndef U2FI_SERVICES_ATTESTATION_METADATA_IMPORTER_H_
#define U2FI_SERVICES_ATTESTATION_METADATA_IMPORTER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/attestation/attestation_metrics.h"
#include "services/attestation/metadata_keeper.h"
#include "services/attestation/token_store.h"
#include "services/attestation/token_writer.h"
#include "services/common/rpc/caller.h"
#include "u2fi/attestation/v1/admin.pb.h"

namespace u2fi::attestation {

// How long after an import the tokens are looked at once more: longer than any
// call takes.
inline constexpr absl::Duration kSecondLook = absl::Minutes(1);

// Takes a metadata BLOB for the whole deployment, and puts the active tokens
// of the models that it calls bad into quarantine, in every tenant. If that
// breaks off half way, the same BLOB again goes on, and so does LookAgain().
// Thread-safe.
class MetadataImporter {
 public:
  // The references must outlive this object.
  MetadataImporter(TokenStore& tokens, TokenWriter& writer,
                   MetadataKeeper& keeper, AttestationMetrics& metrics)
      : tokens_(tokens), writer_(writer), keeper_(keeper), metrics_(metrics) {}

  // With `validate_only` nothing changes, and the tokens are those that would
  // be quarantined. METADATA_FORMAT, METADATA_SIGNATURE, METADATA_ROLLBACK.
  absl::StatusOr<v1::ImportMetadataResponse> Import(const rpc::Caller& caller,
                                                    const std::string& blob,
                                                    bool validate_only);

  // For every few seconds: kSecondLook after an import, puts into quarantine
  // what it missed, because it broke off, or because a token was enrolled or
  // resumed at the same time by who had read the BLOB before.
  absl::Status LookAgain();

 private:
  struct Sweep;
  absl::Status SweepAll(const Sweep& sweep,
                        v1::ImportMetadataResponse& response);
  absl::Status SweepTenant(const std::string& tenant, const Sweep& sweep,
                           v1::ImportMetadataResponse& response);
  absl::Status Quarantine(const std::string& tenant, const Sweep& sweep,
                          const std::string& token_id);
  absl::Status Announce(const std::string& tenant, const Sweep& sweep);

  TokenStore& tokens_;
  TokenWriter& writer_;
  MetadataKeeper& keeper_;
  AttestationMetrics& metrics_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_METADATA_IMPORTER_H_
