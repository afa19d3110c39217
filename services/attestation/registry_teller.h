#ifndef U2FI_SERVICES_ATTESTATION_REGISTRY_TELLER_H_
#define U2FI_SERVICES_ATTESTATION_REGISTRY_TELLER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/attestation/token_store.h"
#include "services/device-registry/token_words_client.h"

namespace u2fi::attestation {

// Tells the registry what it cannot know from commands: tokens that lost their
// rights, and recoveries. A word is a row that was written in the commit of
// what it tells of, and goes when the registry has taken it: nothing is lost
// while the registry is away, and what is told twice changes nothing. Words of
// one token, or of one account's recovery, replace each other: what counts is
// how it is now. Thread-safe; replicas may tell at the same time.
class RegistryTeller {
 public:
  // The references must outlive this object. Without a client nothing is told.
  RegistryTeller(TokenStore& tokens, device_registry::TokenWordsClient* client)
      : tokens_(tokens), client_(client) {}

  // Tells everything that waits, of every tenant, and says how many words the
  // registry took. An error is the first one; what it is not about was told all
  // the same.
  absl::StatusOr<int> Tell();

 private:
  absl::Status TellTenant(const std::string& tenant, int& told);
  absl::Status Send(const std::string& tenant,
                    const std::vector<u2fi::store::Item>& items);
  absl::Status Remove(const std::string& tenant, const u2fi::store::Page& page);

  TokenStore& tokens_;
  device_registry::TokenWordsClient* const client_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_REGISTRY_TELLER_H_
