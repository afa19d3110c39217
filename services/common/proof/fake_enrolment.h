#ifndef U2FI_SERVICES_COMMON_PROOF_FAKE_ENROLMENT_H_
#define U2FI_SERVICES_COMMON_PROOF_FAKE_ENROLMENT_H_

#include <string>
#include <vector>

#include "services/common/proof/account_proof.h"
#include "services/common/proof/fake_site.h"

namespace u2fi::proof {

// What the account alice believes: her token, gw-1 and the portal, at now_ms.
AccountInputs FakeAccountInputs(const FakeSite& site);

AccountKey FakeAccountKey(const FakeToken& token);

// The bytes of `u2fi.enrol` for `token` on its account.
std::string FakeEnrolCommand(const FakeSite& site, const FakeToken& token,
                             uint32_t level = 0, bool recovery = false,
                             absl::string_view lease_site = "");

// Its proof with these touches.
v1::EnrolmentProof FakeEnrolment(const FakeSite& site, const FakeToken& token,
                                 std::string command,
                                 std::vector<FakeTouch> touches);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_FAKE_ENROLMENT_H_
