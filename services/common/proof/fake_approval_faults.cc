// The steps of one approval.
#include "absl/strings/str_replace.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/command.h"
#include "services/common/proof/fake_case.h"
#include "services/common/proof/fake_edits.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::proof {

std::vector<FakeFault> ApprovalFaults() {
  using v1::AuthorizationStatement;
  return {
      // challenge
      {"ClientDataOfAnotherChallenge", "challenge", &reason::kChallengeMismatch,
       [](FakeCase& c) {
         Unlock(c);
         TouchAgain(c, U2fClientData(kU2fAssertion, crypto::Sha256("other"),
                                     {"acme", "home", "gw-1"},
                                     c.site.gw1.key.public_key().point()));
       }},
      {"StatementSwapped", "challenge", &reason::kChallengeMismatch,
       [](FakeCase& c) {
         SwapStatement(c, [](AuthorizationStatement& s) {
           s.set_execute_by_ms(s.execute_by_ms() + 1);
         });
       }},
      {"ApproveBySwapped", "challenge", &reason::kChallengeMismatch,
       [](FakeCase& c) {
         SwapStatement(c, [](AuthorizationStatement& s) {
           s.set_approve_by_ms(s.approve_by_ms() + 1);
         });
       }},
      {"AccountSwapped", "challenge", &reason::kChallengeMismatch,
       [](FakeCase& c) {
         SwapStatement(c,
                       [](AuthorizationStatement& s) { s.set_account("bob"); });
       }},
      {"EpochSwapped", "challenge", &reason::kChallengeMismatch,
       [](FakeCase& c) {
         SwapStatement(
             c, [](AuthorizationStatement& s) { s.set_store_epoch("e2"); });
       }},
      {"PinsRevisionSwapped", "challenge", &reason::kChallengeMismatch,
       [](FakeCase& c) {
         SwapStatement(
             c, [](AuthorizationStatement& s) { s.set_pins_revision(9); });
       }},
      {"ApproverGatewaySwapped", "challenge", &reason::kChallengeMismatch,
       [](FakeCase& c) {
         SwapStatement(c, [&c](AuthorizationStatement& s) {
           s.set_approver_gateway("gw-2");
           s.set_channel_key(c.site.gw2.ChannelKey());
         });
       }},
      {"PurposeSwapped", "challenge", &reason::kChallengeMismatch,
       [](FakeCase& c) {
         SwapStatement(c, [](AuthorizationStatement& s) {
           s.set_purpose(v1::PURPOSE_BREAK_GLASS);
         });
       }},
      {"BatchSizeSwapped", "challenge", &reason::kChallengeMismatch,
       [](FakeCase& c) {
         // Item 4 of 7 has the same path in a batch of 8.
         c.AskFor(c.site.Batch(7), {c.Alice()}, v1::PURPOSE_COMMAND, 4);
         AuthorizationStatement statement;
         statement.ParseFromString(First(c).statement());
         statement.set_batch_size(8);
         First(c).set_statement(Encode(statement));
       }},
      {"ClientDataOfNoForm", "challenge", &reason::kClientDataType,
       [](FakeCase& c) {
         Unlock(c);
         First(c).set_client_data("{}");
       }},
      {"ClientDataWithASpace", "challenge", &reason::kClientDataFormat,
       [](FakeCase& c) {
         Unlock(c);
         First(c).mutable_client_data()->insert(
             First(c).client_data().size() - 1, " ");
       }},
      // client_data
      {"Registration", "client_data", &reason::kClientDataType,
       [](FakeCase& c) {
         Unlock(c);
         TouchAgain(c, U2fClientData(kU2fRegistration,
                                     ChallengeOf(First(c).statement()),
                                     {"acme", "home", "gw-1"},
                                     c.site.gw1.key.public_key().point()));
       }},
      {"OriginOfAnotherGateway", "client_data", &reason::kOriginMismatch,
       [](FakeCase& c) {
         Unlock(c);
         TouchAgain(
             c, U2fClientData(kU2fAssertion, ChallengeOf(First(c).statement()),
                              {"acme", "home", "gw-2"},
                              c.site.gw1.key.public_key().point()));
       }},
      {"OriginOfAnotherSite", "client_data", &reason::kOriginMismatch,
       [](FakeCase& c) {
         Unlock(c);
         TouchAgain(c, WebauthnClientData(kWebauthnAssertion,
                                          ChallengeOf(First(c).statement()),
                                          "u2fi:acme/office/gw-1"));
       }},
      {"KeyOfAnotherGateway", "client_data", &reason::kChannelKeyMismatch,
       [](FakeCase& c) {
         Unlock(c);
         TouchAgain(
             c, U2fClientData(kU2fAssertion, ChallengeOf(First(c).statement()),
                              {"acme", "home", "gw-1"},
                              c.site.gw2.key.public_key().point()));
       }},
      {"U2fInABrowser", "client_data", &reason::kClientDataType,
       [](FakeCase& c) {
         c.Ask("log.read", {InPortal(c.site.alice)});
         const std::string statement = First(c).statement();
         const std::string data = absl::StrReplaceAll(
             U2fClientData(kU2fAssertion, ChallengeOf(statement),
                           {"acme", "home", "gw-1"},
                           c.site.gw1.key.public_key().point()),
             {{"u2fi:acme/home/gw-1", c.site.portal_origin}});
         First(c) =
             ToApproval(statement, c.site.alice.Touch(c.site.rp_id, data));
       }},
      {"OriginOfAnotherPortal", "client_data", &reason::kOriginMismatch,
       [](FakeCase& c) {
         c.edit = [](AuthorizationStatement& s) {
           s.set_channel_key(
               crypto::ToString(BrowserChannelKey("https://other.example")));
         };
         c.Ask("log.read", {InPortal(c.site.alice)});
       }},
      {"GatewayPointWithMoreLetters", "client_data",
       &reason::kChannelKeyMismatch,
       [](FakeCase& c) {
         Unlock(c);
         std::string data = First(c).client_data();
         data.insert(data.find("\",\"y\""), "A");
         TouchAgain(c, data);
       }},
      {"CrossOriginIsNeitherTrueNorFalse", "challenge",
       &reason::kClientDataFormat,
       [](FakeCase& c) {
         Unlock(c);
         std::string data = WebauthnClientData(
             kWebauthnAssertion, ChallengeOf(First(c).statement()),
             "u2fi:acme/home/gw-1");
         data.insert(data.size() - 1, "y");
         TouchAgain(c, data);
       }},
      {"OriginWithAnEscape", "challenge", &reason::kClientDataFormat,
       [](FakeCase& c) {
         Unlock(c);
         TouchAgain(c, WebauthnClientData(kWebauthnAssertion,
                                          ChallengeOf(First(c).statement()),
                                          "u2fi:acme\\/home/gw-1"));
       }},
      // rp_id_hash
      {"OtherRelyingParty", "rp_id_hash", &reason::kRpIdHashMismatch,
       [](FakeCase& c) {
         c.site.rp_id = "other.example";
         Unlock(c);
       }},
      // flags
      {"PresenceBitClear", "flags", &reason::kUserPresence,
       [](FakeCase& c) {
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw1, false, 0x00}});
       }},
      {"U2fWithUserVerification", "flags", &reason::kUserPresence,
       [](FakeCase& c) {
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw1, false, 0x05}});
       }},
      {"Ctap2WithoutPresence", "flags", &reason::kUserPresence,
       [](FakeCase& c) {
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw1, true, 0x04}});
       }},
      {"AuthenticatorDataTooShort", "flags", &reason::kAuthdataMalformed,
       [](FakeCase& c) {
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw1, true}});
         First(c).mutable_authenticator_data()->resize(36);
       }},
      {"U2fWithExtensions", "flags", &reason::kAuthdataMalformed,
       [](FakeCase& c) {
         Unlock(c);
         First(c).mutable_authenticator_data()->push_back('\xa0');
       }},
      {"ExtensionsWithoutTheirFlag", "flags", &reason::kAuthdataMalformed,
       [](FakeCase& c) {
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw1, true}});
         First(c).mutable_authenticator_data()->push_back('\xa0');
       }},
      {"ExtensionFlagAlone", "flags", &reason::kAuthdataMalformed,
       [](FakeCase& c) {
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw1, true, 0x81}});
       }},
      {"Phone", "flags", &reason::kBackupNotAllowed,
       [](FakeCase& c) {
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw1, true, 0x0d}});
       }},
      {"ReservedFlag", "flags", &reason::kAuthdataMalformed,
       [](FakeCase& c) {
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw1, true, 0x03}});
       }},
      {"UserVerificationAskedFor", "flags", &reason::kUserVerification,
       [](FakeCase& c) {
         c.edit = [](AuthorizationStatement& s) {
           s.mutable_required()->set_uv(true);
         };
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw1, true, 0x01}});
       }},
      // token
      {"UnpinnedOwner", "token", &reason::kTokenNotPinned,
       [](FakeCase& c) {
         c.Ask("door.unlock", {{&Frank(), &c.site.gw1}});
       }},
      {"TokenOfAnotherAccount", "token", &reason::kTokenNotPinned,
       [](FakeCase& c) {
         UnlockWith(c, [](AuthorizationStatement& s) { s.set_account("bob"); });
       }},
      {"ApproverAloneAtTheDoor", "token", &reason::kTokenRole,
       [](FakeCase& c) { c.Ask("door.unlock", {c.Carol()}); }},
      {"RecoveryKeyAtTheDoor", "token", &reason::kTokenRole,
       [](FakeCase& c) { c.Ask("door.unlock", {c.Erin()}); }},
      {"MemberForAnUnnamedOperation", "token", &reason::kTokenRole,
       [](FakeCase& c) { c.Ask("heater.on", {c.Bob()}); }},
      {"OwnerDuringALease", "token", &reason::kTokenRole,
       [](FakeCase& c) {
         DuringLease(c);
         c.Ask("camera.on", {c.Alice()});
       }},
      {"LesseeAfterTheLease", "token", &reason::kTokenRole,
       [](FakeCase& c) {
         DuringLease(c);
         c.pins.mutable_lease()->set_until_ms(c.site.now_ms);
         c.Ask("camera.on", {c.Guest()});
       }},
      {"LesseeByTheRuleAfterTheLease", "token", &reason::kTokenRole,
       [](FakeCase& c) {
         LeaseTheDoor(c);
         c.pins.mutable_lease()->set_until_ms(c.site.now_ms);
         c.Ask("door.unlock", {c.Guest()});
       }},
      {"LesseeOfALeaseEndedEarly", "token", &reason::kTokenRole,
       [](FakeCase& c) {
         DuringLease(c);
         c.Ask("camera.on", {c.Guest()});
         c.inputs = [](VerifyInputs& in) { in.lease_ended = true; };
       }},
      {"LesseeChangesPins", "token", &reason::kTokenRole,
       [](FakeCase& c) {
         DuringLease(c);
         c.AskForPins(c.Next(), {c.Guest()}, v1::PURPOSE_PINS);
       }},
      {"PinsByTheKeyTheyAdd", "token", &reason::kTokenNotPinned,
       [](FakeCase& c) {
         v1::PinSet next = c.Next();
         *next.add_keys() = Frank().Pinned(v1::KEY_ROLE_OWNER);
         c.AskForPins(next, {{&Frank(), &c.site.gw1}}, v1::PURPOSE_PINS);
       }},
      {"TransferAgreedByAnotherOwner", "token", &reason::kTokenRole,
       [](FakeCase& c) {
         static FakeToken* const grace = new FakeToken("tok-grace", "grace");
         v1::PinSet next = Franks(c, Frank(), Gw3());
         *next.add_keys() = grace->Pinned(v1::KEY_ROLE_OWNER);
         c.AskForPins(next, {c.Alice(), {grace, &Gw3()}}, v1::PURPOSE_TRANSFER);
       }},
      {"TransferAgreedWithAMemberKey", "token", &reason::kTokenRole,
       [](FakeCase& c) {
         static FakeToken* const second = new FakeToken("tok-frank2", "frank");
         v1::PinSet next = Franks(c, Frank(), Gw3());
         *next.add_keys() = second->Pinned(v1::KEY_ROLE_MEMBER);
         c.AskForPins(next, {c.Alice(), {second, &Gw3()}},
                      v1::PURPOSE_TRANSFER);
       }},
      {"OwnerBreaksGlass", "token", &reason::kTokenRole,
       [](FakeCase& c) {
         BreakGlass(c, "vault.open", {c.Alice(), c.Dave()});
       }},
      {"FirstPinsByAMember", "token", &reason::kTokenRole,
       [](FakeCase& c) {
         c.blank = true;
         c.AskForPins(c.pins, {c.Bob()}, v1::PURPOSE_PROVISION);
       }},
      {"RecoveryMoves", "token", &reason::kTokenRole,
       [](FakeCase& c) {
         c.AskForPins(Moved(c), {c.Erin()}, v1::PURPOSE_MOVE);
       }},
      {"LeaseByTheOwner", "token", &reason::kTokenRole,
       [](FakeCase& c) { Lease(c, Leased(c), c.site.Offer(), c.Alice()); }},
      {"LevelTooLow", "token", &reason::kTokenLevel,
       [](FakeCase& c) {
         UnlockWith(c, [](AuthorizationStatement& s) {
           s.mutable_required()->set_level(1);
         });
       }},
      // signature
      {"SignatureChanged", "signature", &reason::kSignatureInvalid,
       [](FakeCase& c) {
         Unlock(c);
         Spoil(*First(c).mutable_signature());
       }},
      {"SignatureOfAnotherKey", "signature", &reason::kSignatureInvalid,
       [](FakeCase& c) {
         c.site.alice.key = FakeKey("someone");
         Unlock(c);
       }},
      {"CounterChanged", "signature", &reason::kSignatureInvalid,
       [](FakeCase& c) {
         Unlock(c);
         First(c).mutable_authenticator_data()->back() ^= 1;
       }},
      {"SecondSignatureChanged", "signature", &reason::kSignatureInvalid,
       [](FakeCase& c) {
         c.Ask("vault.open", {c.Alice(), c.Bob()});
         Spoil(*c.proof.mutable_approvals(1)->mutable_signature());
       }},
      // relay
      {"RelayMissing", "relay", &reason::kRelayInvalid,
       [](FakeCase& c) {
         Unlock(c);
         First(c).clear_relay_signature();
       }},
      {"RelayByAnother", "relay", &reason::kRelayInvalid,
       [](FakeCase& c) {
         c.site.gw1.key = FakeKey("someone");
         Unlock(c);
         // Everything but the relay as the true gateway would make it.
         const v1::Approval forged = First(c);
         c.site.gw1 = FakeGateway("gw-1", "home");
         Unlock(c);
         First(c).set_relay_signature(forged.relay_signature());
       }},
      {"TouchedAtChanged", "relay", &reason::kRelayInvalid,
       [](FakeCase& c) {
         Unlock(c);
         First(c).set_touched_at_ms(c.site.now_ms - 1);
       }},
      {"TouchedAtMissing", "relay", &reason::kRelayInvalid,
       [](FakeCase& c) {
         Unlock(c);
         First(c).clear_touched_at_ms();
       }},
      {"RelayOfNoTime", "relay", &reason::kRelayInvalid,
       [](FakeCase& c) {
         Unlock(c);
         v1::Answer answer;
         answer.set_authenticator_data(First(c).authenticator_data());
         answer.set_signature(First(c).signature());
         SignRelay(c.site.gw1.key, ChallengeOf(First(c).statement()), 0,
                   answer);
         First(c).clear_touched_at_ms();
         First(c).set_relay_signature(answer.relay_signature());
       }},
      {"BrowserWithRelay", "relay", &reason::kRelayInvalid,
       [](FakeCase& c) {
         c.Ask("log.read", {InPortal(c.site.alice)});
         First(c).set_relay_signature(std::string(70, 'r'));
       }},
      {"BrowserWithTime", "relay", &reason::kRelayInvalid,
       [](FakeCase& c) {
         c.Ask("log.read", {InPortal(c.site.alice)});
         First(c).set_touched_at_ms(c.site.now_ms);
       }},
  };
}

}  // namespace u2fi::proof
