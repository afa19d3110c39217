#ifndef U2FI_SERVICES_COMMON_AUDIT_ANCHORS_H_
#define U2FI_SERVICES_COMMON_AUDIT_ANCHORS_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/common/proof/pin_set.h"

namespace u2fi::audit {

// What a verifier believes that did not come with the file: a compromised
// cloud signs its own audit with its own keys.
class Anchors {
 public:
  // `text` is 64 hex digits: the fingerprint (SHA-256 of the SPKI) of an audit
  // key, gateway key or token key, or the hash of a pin set. Otherwise it is
  // the bytes of a pin set, in general the genesis of a device. AUDIT_FORMAT
  // if it is neither.
  absl::Status Add(absl::string_view text);

  // Whether this lower-case hex hash is one of them.
  bool Has(absl::string_view hash) const {
    return hashes_.find(hash) != hashes_.end();
  }

  bool empty() const { return hashes_.empty(); }

  // The pin sets that were given as bytes; they are known from the beginning.
  const std::vector<proof::PinSet>& pin_sets() const { return pin_sets_; }

 private:
  std::set<std::string, std::less<>> hashes_;
  std::vector<proof::PinSet> pin_sets_;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_ANCHORS_H_
