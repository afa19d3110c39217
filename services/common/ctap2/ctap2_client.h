#ifndef U2FI_SERVICES_COMMON_CTAP2_CTAP2_CLIENT_H_
#define U2FI_SERVICES_COMMON_CTAP2_CTAP2_CLIENT_H_

#include <functional>
#include <memory>
#include <string>

#include "services/common/ctap2/ctap2_key.h"
#include "services/common/ctap2/ctap2_wire.h"
#include "services/common/time/clock.h"
#include "services/common/u2fhid/hid_host.h"

namespace u2fi::ctap2 {

// A key behind an open HidHost, asked by Yubico's libfido2. Returns what the
// key said; whether it proves anything is for services/common/fido to say.
// Besides the errors of Ctap2Key, TOKEN_FRAME for an answer that libfido2
// cannot read. A key that stops waiting for a touch by itself (CTAP2 has it do
// so after 30 seconds) is asked again until the deadline.
class Ctap2Client : public Ctap2Key {
 public:
  // `host` is open, and its key said kCapabilityCbor. It and `clock` must
  // outlive this object.
  Ctap2Client(u2fhid::HidHost& host, const Clock& clock,
              Ctap2Wire::Options options = Ctap2Wire::Options());
  ~Ctap2Client() override;

  // What it said when it was opened.
  absl::StatusOr<Verification> CanVerify(
      const u2fhid::WaitLimit& limit) override;
  absl::StatusOr<int> PinRetries(const u2fhid::WaitLimit& limit) override;
  absl::StatusOr<bool> Has(absl::string_view rp_id,
                           absl::string_view credential_id,
                           const u2fhid::WaitLimit& limit) override;
  absl::StatusOr<Assertion> Sign(const AssertionRequest& request,
                                 const u2fhid::WaitLimit& limit) override;
  absl::StatusOr<std::string> Make(const CredentialRequest& request,
                                   const u2fhid::WaitLimit& limit) override;

 private:
  struct Device;
  // Has `call` ask the opened device, again if the key gave up waiting;
  // libfido2's result.
  absl::StatusOr<int> Ask(const u2fhid::WaitLimit& limit,
                          const std::function<int(Device&)>& call);
  absl::Status Open();

  Ctap2Wire wire_;
  // Null until the first request, and after each error.
  std::unique_ptr<Device> device_;
};

}  // namespace u2fi::ctap2

#endif  // U2FI_SERVICES_COMMON_CTAP2_CTAP2_CLIENT_H_
