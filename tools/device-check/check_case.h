#ifndef U2FI_TOOLS_DEVICE_CHECK_CHECK_CASE_H_
#define U2FI_TOOLS_DEVICE_CHECK_CHECK_CASE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "services/common/proof/fake_case.h"
#include "services/common/proof/fake_site.h"

namespace u2fi::device_check {

// The device under test is called so, behind this gateway: the test vectors of
// common/proof are signed for them.
inline constexpr char kTenant[] = "acme";
inline constexpr char kSite[] = "home";
inline constexpr char kGateway[] = "gw-1";
inline constexpr char kDevice[] = "lock-1";

// One command with its proof, and what a device must make of it.
struct CheckCase {
  // The pin set that the device has; empty: it is blank.
  std::string pins;
  // Exact bytes of Command, Proof and Evidence.
  std::string command;
  std::string proof;
  std::string evidence;
  // Reason for which it is refused; empty: accepted.
  std::string expected;
};

// When a case is made: both stand in what is signed.
struct Moment {
  // Milliseconds since 1970.
  uint64_t now_ms = 0;
  uint64_t sequence = 1;
};

// How a case is made, by name: all of AllGoodCases() and AllFaults().
struct CaseMaker {
  std::string name;
  void (*make)(proof::FakeCase&);
};
std::vector<CaseMaker> AllMakers();

// The case, with the verdict of the C++ verifier as what is expected. Nothing
// if it cannot be played to a device over its link: it is about an account, or
// about what the verifier is told besides (its clock, the cloud's deny list, a
// lease that ended early), or about enrolments, which gateways check for
// devices; or its pin set cannot be a device's first one.
absl::optional<CheckCase> MakeCase(const CaseMaker& maker,
                                   const Moment& moment);

// `operation` approved by a touch, under the pin set that most cases have. With
// another `variant` it is another command with the same sequence number.
CheckCase TouchedCase(const std::string& operation, const Moment& moment,
                      int variant);

// How a blank device gets `pins`: a `u2fi.pins` under PROVISION that is
// accepted. Nothing if `pins` cannot be a first pin set.
absl::optional<CheckCase> GenesisOf(const std::string& pins,
                                    const Moment& moment);

}  // namespace u2fi::device_check

#endif  // U2FI_TOOLS_DEVICE_CHECK_CHECK_CASE_H_
