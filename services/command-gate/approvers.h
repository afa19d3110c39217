#ifndef U2FI_SERVICES_COMMAND_GATE_APPROVERS_H_
#define U2FI_SERVICES_COMMAND_GATE_APPROVERS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "services/attestation/attestation_client.h"
#include "services/command-gate/gateway_sender.h"
#include "services/common/time/clock.h"
#include "u2fi/command_gate/records/v1/records.pb.h"
#include "u2fi/proof/v1/pin_set.pb.h"

namespace u2fi::command_gate {

// Who is asked where the one who asks does not approve alone: every account
// that has a key with a role of the rule in the pin sets of all devices
// concerned, each once however many keys it has, each where its token was last
// seen, if touches count there and the gateway is connected; else at the place
// that the request names; else at any other such gateway. Where the rule wants
// distinct gateways or sites, a place that nobody is asked at yet comes first.
// Thread-safe; blocks on attestation.
class Approvers {
 public:
  // Of the deployment; a tenant's policy may add to it.
  struct Options {
    // The requester's own touch counts in its quorums.
    bool self_approval = false;
    // Break-glass is forbidden, whatever keys the owner pinned for it.
    bool forbid_break_glass = false;
    // Origins of the portal, where browsers may approve.
    std::vector<std::string> origins = {};
  };

  // Who has to agree to be given a device.
  struct NewOwner {
    std::string account;
    // The keys that the device will believe; touches of others do not count.
    std::vector<std::string> tokens;
    // Ids of his own gateways.
    std::vector<std::string> places;
    // What the device is to believe.
    proof::v1::PinSet pins;
  };

  // What is to be approved.
  struct Case {
    std::string tenant;
    // Of all devices concerned; at least one.
    std::vector<proof::v1::PinSet> pins;
    // What the touches have to satisfy.
    proof::v1::Rule rule;
    // And these, each on its own: under PINS the present rules that become
    // looser. For one device only.
    std::vector<proof::v1::Rule> also = {};
    // Ids of the only gateways where touches count; empty: all that the devices
    // mark may_approve.
    std::vector<std::string> places = {};
    // Id of the gateway to prefer for those who were seen nowhere.
    std::string place;
    // Two keys that the owner pinned for emergencies, the requester's too.
    bool break_glass = false;
    // The same as in Options, said by the tenant's policy.
    bool self_approval = false;
    bool forbid_break_glass = false;
    // Under TRANSFER: is asked besides those whom the rules ask for.
    absl::optional<NewOwner> new_owner = {};
  };

  // The references must outlive this object.
  Approvers(const Clock& clock, attestation::AttestationClient& attestation,
            GatewaySender& gateways, const Options& options)
      : clock_(clock),
        attestation_(attestation),
        gateways_(gateways),
        options_(options) {}

  bool IsPortal(const std::string& origin) const;

  // Whether others than the account that asks have to be asked: the rule wants
  // several, or one that this account is not; or there is a new owner.
  bool IsQuorum(const Case& in, const std::string& account) const;

  // Adds the approvers to `row`, which has its account, purpose, site and
  // required assurance, and sets its quorum. NO_CREDENTIALS if those who can
  // answer are too few, BREAK_GLASS_DISABLED if it is forbidden or the owner
  // pinned too few keys for it, SELF_APPROVAL if they would be enough with the
  // requester, GATEWAY_OFFLINE (with a retry hint) if with those whose gateways
  // are away.
  absl::Status AddTo(const Case& in, records::v1::CommandRow& row);

 private:
  struct Person {
    std::string account;
    std::vector<std::string> tokens;
    // With several rules: the roles that all of them have.
    uint32_t roles = 0;
  };
  bool SelfApproval(const Case& in) const {
    return options_.self_approval || in.self_approval;
  }
  bool ForbidsBreakGlass(const Case& in) const {
    return options_.forbid_break_glass || in.forbid_break_glass;
  }
  bool CountsOwn(const Case& in, const proof::v1::Rule& rule) const;
  bool MayApproveOwn(const Case& in) const;
  // The accounts that count, in the order of the first pin set.
  std::vector<Person> PeopleOf(const Case& in) const;
  // Adds the slots of those whom the rules ask for, and of the new owner, to
  // what is enough with all, without the requester where he does not count, and
  // without those whose gateways are away.
  struct Rows;
  absl::Status AddPeople(const Case& in, const std::vector<Person>& people,
                         Rows& rows);
  absl::Status AddNewOwner(const Case& in, Rows& rows);
  // Nothing if the person has no token that can answer, or no place to do so;
  // without a channel key if the gateway is not connected.
  absl::StatusOr<absl::optional<records::v1::Slot>> SlotOf(
      const Case& in, const Person& person, const records::v1::CommandRow& row);
  // Fills in where the person is asked.
  absl::Status SetPlace(const Case& in, const std::vector<std::string>& wanted,
                        const records::v1::CommandRow& row,
                        records::v1::Slot& slot);

  const Clock& clock_;
  attestation::AttestationClient& attestation_;
  GatewaySender& gateways_;
  const Options options_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_APPROVERS_H_
