#ifndef U2FI_SERVICES_COMMON_PROOF_LEASE_OFFER_H_
#define U2FI_SERVICES_COMMON_PROOF_LEASE_OFFER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/p256.h"
#include "services/common/proof/pin_set.h"
#include "u2fi/proof/v1/lease.pb.h"

namespace u2fi::proof {

inline constexpr size_t kMaxLeaseOffer = 80 << 10;
inline constexpr int kMaxLeaseDevices = 1000;

// The offer that `bytes` are: strict, ids canonical, 1 to 1,000 devices
// ascending, from before until, exactly one of guest_account and first_key.
// LEASE_FORMAT otherwise.
absl::StatusOr<v1::LeaseOffer> ParseLeaseOffer(absl::string_view bytes);

// The end that `bytes` are. LEASE_FORMAT if they are none.
absl::StatusOr<v1::LeaseEnd> ParseLeaseEnd(absl::string_view bytes);

// Serialises and signs, for a front desk: over SHA-256("u2fi/lease/v1" ‖ bytes)
// and SHA-256("u2fi/lease-end/v1" ‖ bytes). LEASE_FORMAT if the message breaks
// a rule.
absl::StatusOr<v1::SignedLeaseOffer> SignLeaseOffer(
    const v1::LeaseOffer& offer, const crypto::P256PrivateKey& issuer_key);
absl::StatusOr<v1::SignedLeaseEnd> SignLeaseEnd(
    const v1::LeaseEnd& end, const crypto::P256PrivateKey& issuer_key);

// The offer, if it is signed by an issuer that `pins` name, for their tenant,
// site and device, and no longer than that issuer may offer. LEASE_FORMAT or
// LEASE_OFFER_INVALID otherwise.
absl::StatusOr<v1::LeaseOffer> VerifyLeaseOffer(
    const PinSet& pins, const v1::SignedLeaseOffer& signed_offer);

// The end, if it is signed by an issuer that `pins` name, for their tenant and
// site. Whether its reservation is the one that runs, the caller knows.
// LEASE_FORMAT or LEASE_OFFER_INVALID otherwise.
absl::StatusOr<v1::LeaseEnd> VerifyLeaseEnd(
    const PinSet& pins, const v1::SignedLeaseEnd& signed_end);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_LEASE_OFFER_H_
