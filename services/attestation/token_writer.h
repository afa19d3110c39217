#ifndef U2FI_SERVICES_ATTESTATION_TOKEN_WRITER_H_
#define U2FI_SERVICES_ATTESTATION_TOKEN_WRITER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/attestation/token_events.h"
#include "services/attestation/token_store.h"
#include "services/common/audit/decider.h"
#include "services/common/random/random_source.h"
#include "u2fi/device_registry/v1/mesh.pb.h"

namespace u2fi::attestation {

// A change of a tenant's records: what is written, the rows that explain it,
// and the tokens that are different afterwards.
struct Change {
  audit::Transition transition;
  std::vector<audit::RowContent> rows;
  std::vector<records::v1::TokenRow> tokens;
  // What the registry is to be told of a recovery.
  std::vector<device_registry::v1::TokenWord> words;

  // Expects that nobody wrote `before` since it was read, and writes `after`
  // as its next revision.
  void PutToken(const Stored<records::v1::TokenRow>& before,
                records::v1::TokenRow after);
  // The same for any record under `key`.
  template <typename Row>
  void Put(const std::string& key, const Stored<Row>& before,
           const Row& after) {
    transition.expect.push_back({key, before.version});
    transition.put.push_back({key, after.SerializeAsString()});
  }
};

// Makes changes happen together with their audit rows, and tells of them.
// Thread-safe.
class TokenWriter {
 public:
  // The references must outlive this object. `tell_registry`: every change
  // leaves a word for RegistryTeller, if it takes rights from a token or is a
  // recovery's, in the same commit.
  TokenWriter(RandomSource& random, audit::Decider& decider,
              TokenEvents& events, bool tell_registry)
      : random_(random),
        decider_(decider),
        events_(events),
        tell_registry_(tell_registry) {}

  // STORE_ABORTED if somebody was faster; then nothing happened but a row.
  // Where the outcome is not known it is told of all the same.
  absl::Status Write(const std::string& tenant, Change change);

  RandomSource& random() { return random_; }

 private:
  RandomSource& random_;
  audit::Decider& decider_;
  TokenEvents& events_;
  const bool tell_registry_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_TOKEN_WRITER_H_
