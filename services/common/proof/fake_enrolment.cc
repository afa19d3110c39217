#include "services/common/proof/fake_enrolment.h"

#include <utility>

#include "services/common/proof/assertion.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/strict.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::proof {

AccountKey FakeAccountKey(const FakeToken& token) {
  return {token.id, token.key.public_key().point(), nullptr, false};
}

AccountInputs FakeAccountInputs(const FakeSite& site) {
  AccountInputs in;
  in.tenant = site.tenant;
  in.account = site.alice.account;
  in.rp_id_hash = crypto::ToString(crypto::Sha256(site.rp_id));
  in.keys = {FakeAccountKey(site.alice)};
  in.gateways = {
      {site.gw1.id, site.gw1.ChannelKey(), site.gw1.key.public_key().point()}};
  in.browser_channel_keys = {
      crypto::ToString(BrowserChannelKey(site.portal_origin))};
  in.now_ms = site.now_ms;
  return in;
}

std::string FakeEnrolCommand(const FakeSite& site, const FakeToken& token,
                             uint32_t level, bool recovery,
                             absl::string_view lease_site) {
  v1::EnrolArguments arguments;
  arguments.set_format(1);
  arguments.set_token_id(token.id);
  arguments.set_registration_digest(
      crypto::ToString(RegistrationDigest(token.Registration())));
  arguments.set_level(level);
  arguments.set_recovery(recovery);
  arguments.set_lease_site(std::string(lease_site));
  v1::Command command = site.Command("u2fi.enrol", Encode(arguments));
  command.set_device(AccountTarget(token.account));
  return Encode(command);
}

v1::EnrolmentProof FakeEnrolment(const FakeSite& site, const FakeToken& token,
                                 std::string command,
                                 std::vector<FakeTouch> touches) {
  FakeRequest request;
  request.purpose = v1::PURPOSE_ENROL;
  request.commands = {command};
  request.touches = std::move(touches);
  v1::EnrolmentProof enrolment;
  *enrolment.mutable_registration() = token.Registration();
  enrolment.set_command(std::move(command));
  *enrolment.mutable_proof() = site.Prove(request);
  return enrolment;
}

}  // namespace u2fi::proof
