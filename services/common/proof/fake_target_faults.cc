// Steps purpose, target, deadlines and path.
#include "services/common/proof/assertion.h"
#include "services/common/proof/command.h"
#include "services/common/proof/fake_case.h"
#include "services/common/proof/fake_edits.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::proof {

std::vector<FakeFault> TargetFaults() {
  using v1::AuthorizationStatement;
  return {
      // purpose
      {"DeviceOperationUnderPins", "purpose", &reason::kPurposeNotAllowed,
       [](FakeCase& c) {
         c.Ask("door.unlock", {c.Alice()}, v1::PURPOSE_PINS);
       }},
      {"UnbindUnderCommand", "purpose", &reason::kPurposeNotAllowed,
       [](FakeCase& c) {
         c.AskFor({c.site.CommandBytes(
                      "u2fi.unbind",
                      UnbindArguments(crypto::View(c.Present()->hash())))},
                  {c.Alice()}, v1::PURPOSE_COMMAND);
       }},
      {"EnrolAtADevice", "purpose", &reason::kPurposeNotAllowed,
       [](FakeCase& c) {
         v1::EnrolArguments arguments;
         arguments.set_format(1);
         arguments.set_token_id("tok-x");
         arguments.set_registration_digest(std::string(32, 'd'));
         c.AskFor({c.site.CommandBytes("u2fi.enrol", Encode(arguments))},
                  {c.Alice()}, v1::PURPOSE_ENROL);
       }},
      {"CommandToABlankDevice", "purpose", &reason::kPurposeNotAllowed,
       [](FakeCase& c) {
         c.blank = true;
         Unlock(c);
       }},
      {"LaterPinsToABlankDevice", "purpose", &reason::kPurposeNotAllowed,
       [](FakeCase& c) {
         c.blank = true;
         c.AskForPins(c.Next(), {c.Alice()}, v1::PURPOSE_PINS);
       }},
      {"FirstPinsToABoundDevice", "purpose", &reason::kPurposeNotAllowed,
       [](FakeCase& c) {
         c.AskForPins(c.pins, {c.Alice()}, v1::PURPOSE_PROVISION);
       }},
      {"GrantLater", "purpose", &reason::kPurposeNotAllowed,
       [](FakeCase& c) {
         c.pins = c.Next();
         c.AskFor({c.site.CommandBytes("u2fi.grant", GrantArguments())},
                  {c.Alice()}, v1::PURPOSE_PROVISION);
       }},
      // target
      {"OtherTenant", "target", &reason::kTenantMismatch,
       [](FakeCase& c) {
         UnlockWith(c, [](AuthorizationStatement& s) { s.set_tenant("evil"); });
       }},
      {"OtherSite", "target", &reason::kSiteMismatch,
       [](FakeCase& c) {
         UnlockWith(c, [](AuthorizationStatement& s) { s.set_site("office"); });
       }},
      {"OtherDevice", "target", &reason::kDeviceMismatch,
       [](FakeCase& c) {
         v1::Command command = c.site.Command("door.unlock");
         command.set_device("lock-2");
         c.AskFor({Encode(command)}, {c.Alice()});
       }},
      {"NotThisDevice", "target", &reason::kDeviceMismatch,
       [](FakeCase& c) {
         Unlock(c);
         c.inputs = [](VerifyInputs& in) { in.device = "lock-2"; };
       }},
      {"NotThisGateway", "target", &reason::kGatewayMismatch,
       [](FakeCase& c) {
         Unlock(c);
         c.inputs = [](VerifyInputs& in) { in.gateway = "gw-2"; };
       }},
      {"ExecutorNotPinned", "target", &reason::kGatewayNotPinned,
       [](FakeCase& c) {
         v1::Command command = c.site.Command("door.unlock");
         command.set_gateway("gw-9");
         c.AskFor({Encode(command)}, {c.Alice()});
         c.inputs = [](VerifyInputs& in) { in.gateway = "gw-9"; };
       }},
      {"ExecutorMayNotExecute", "target", &reason::kGatewayNotPinned,
       [](FakeCase& c) {
         v1::Command command = c.site.Command("door.unlock");
         command.set_gateway("gw-2");
         c.AskFor({Encode(command)}, {c.Alice()});
         c.inputs = [](VerifyInputs& in) { in.gateway = "gw-2"; };
       }},
      {"ApproverGatewayNotPinned", "target", &reason::kGatewayNotPinned,
       [](FakeCase& c) {
         c.Ask("door.unlock", {{&c.site.alice, &Gw3()}});
       }},
      {"ApproverGatewayMayNotApprove", "target", &reason::kGatewayNotPinned,
       [](FakeCase& c) {
         c.pins.mutable_gateways(1)->clear_may_approve();
         c.Ask("door.unlock", {{&c.site.alice, &c.site.gw2}});
       }},
      {"ChannelKeyOfAnother", "target", &reason::kChannelKeyMismatch,
       [](FakeCase& c) {
         c.edit = [&c](AuthorizationStatement& s) {
           s.set_channel_key(c.site.gw2.ChannelKey());
         };
         Unlock(c);
       }},
      {"BrowserWithoutItsFlag", "target", &reason::kBrowserNotAllowed,
       [](FakeCase& c) { c.Ask("door.unlock", {InPortal(c.site.alice)}); }},
      {"PinsInABrowser", "target", &reason::kBrowserNotAllowed,
       [](FakeCase& c) {
         c.AskForPins(c.Next(), {InPortal(c.site.alice)}, v1::PURPOSE_PINS);
       }},
      {"UnbindInABrowser", "target", &reason::kBrowserNotAllowed,
       [](FakeCase& c) {
         Unbind(c, crypto::View(c.Present()->hash()), InPortal(c.site.alice));
       }},
      {"BreakGlassInABrowser", "target", &reason::kBrowserNotAllowed,
       [](FakeCase& c) {
         BreakGlass(c, "log.read", {c.Dave(), InPortal(c.site.erin)});
       }},
      {"MoveNotToThatGateway", "target", &reason::kGatewayNotPinned,
       [](FakeCase& c) {
         static const FakeGateway* const gw4 = new FakeGateway("gw-4", "cabin");
         c.AskForPins(Moved(c), {{&c.site.alice, gw4}}, v1::PURPOSE_MOVE);
       }},
      {"MoveAtAGatewayThatMayNotApprove", "target", &reason::kGatewayNotPinned,
       [](FakeCase& c) {
         v1::PinSet next = Moved(c);
         next.mutable_gateways(0)->clear_may_approve();
         c.AskForPins(next, {{&c.site.alice, &Gw3()}}, v1::PURPOSE_MOVE);
       }},
      {"PinsAtAGatewayOfTheNewSet", "target", &reason::kGatewayNotPinned,
       [](FakeCase& c) {
         v1::PinSet next = c.Next();
         *next.add_gateways() = Gw3().Pinned();
         c.AskForPins(next, {{&c.site.alice, &Gw3()}}, v1::PURPOSE_PINS);
       }},
      {"PinsExecutedByAGatewayOfTheNewSet", "target",
       &reason::kGatewayNotPinned,
       [](FakeCase& c) {
         v1::PinSet next = c.Next();
         *next.add_gateways() = Gw3().Pinned();
         v1::Command command = c.site.Command("u2fi.pins", Encode(next));
         command.set_gateway("gw-3");
         c.AskFor({Encode(command)}, {c.Alice()}, v1::PURPOSE_PINS);
         c.inputs = [](VerifyInputs& in) { in.gateway = "gw-3"; };
       }},
      {"MoveExecutedByAStranger", "target", &reason::kGatewayNotPinned,
       [](FakeCase& c) {
         v1::Command command = c.site.Command("u2fi.pins", Encode(Moved(c)));
         command.set_gateway("gw-9");
         c.AskFor({Encode(command)}, {c.Alice()}, v1::PURPOSE_MOVE);
         c.inputs = [](VerifyInputs& in) { in.gateway = "gw-9"; };
       }},
      // deadlines
      {"ExecuteByTooFar", "deadlines", &reason::kDeadlineBounds,
       [](FakeCase& c) {
         UnlockWith(c, [](AuthorizationStatement& s) {
           s.set_execute_by_ms(s.approve_by_ms() + 900'001);
         });
       }},
      {"ExecuteByBeforeApproveBy", "deadlines", &reason::kDeadlineBounds,
       [](FakeCase& c) {
         UnlockWith(c, [](AuthorizationStatement& s) {
           s.set_execute_by_ms(s.approve_by_ms() - 1);
         });
       }},
      {"TouchedAfterApproveBy", "deadlines", &reason::kApproveByPassed,
       [](FakeCase& c) {
         c.edit = [&c](AuthorizationStatement& s) {
           s.set_approve_by_ms(c.site.now_ms - 1);
         };
         Unlock(c);
       }},
      {"SecondTouchedAfterApproveBy", "deadlines", &reason::kApproveByPassed,
       [](FakeCase& c) {
         c.edit = [&c](AuthorizationStatement& s) {
           if (s.account() == "bob") s.set_approve_by_ms(c.site.now_ms - 1);
         };
         c.Ask("vault.open", {c.Alice(), c.Bob()});
       }},
      {"TooLate", "deadlines", &reason::kExecuteByPassed,
       [](FakeCase& c) {
         Unlock(c);
         c.inputs = [](VerifyInputs& in) { in.now_ms += 150'001; };
       }},
      // path
      {"CommandByteSwapped", "path", &reason::kCommandMismatch,
       [](FakeCase& c) {
         Swap(c, [](v1::Command& m) { m.set_operation("door.unlocl"); });
       }},
      {"ArgumentSwapped", "path", &reason::kCommandMismatch,
       [](FakeCase& c) {
         Swap(c, [](v1::Command& m) { m.set_arguments("[]"); });
       }},
      {"SequenceSwapped", "path", &reason::kCommandMismatch,
       [](FakeCase& c) { Swap(c, [](v1::Command& m) { m.set_sequence(8); }); }},
      {"CommandIdSwapped", "path", &reason::kCommandMismatch,
       [](FakeCase& c) {
         Swap(c, [](v1::Command& m) {
           m.set_command_id("aaaaaaaaaaaaaaaaaaaaaaaaaa");
         });
       }},
      {"IndexSwapped", "path", &reason::kPathInvalid,
       [](FakeCase& c) {
         c.AskFor(c.site.Batch(4), {c.Alice()}, v1::PURPOSE_COMMAND, 2);
         c.proof.set_index(3);
       }},
      {"OtherItemOfTheBatch", "path", &reason::kPathInvalid,
       [](FakeCase& c) {
         const std::vector<std::string> batch = c.site.Batch(4);
         c.AskFor(batch, {c.Alice()}, v1::PURPOSE_COMMAND, 2);
         c.command = batch[1];
       }},
      {"IndexBeyondTheBatch", "path", &reason::kPathInvalid,
       [](FakeCase& c) {
         v1::Command command = c.site.Command("door.unlock");
         command.set_index(1);
         c.AskFor({Encode(command)}, {c.Alice()});
         c.proof.set_index(1);
       }},
      {"IndexOfAnotherPlace", "path", &reason::kPathInvalid,
       [](FakeCase& c) {
         v1::Command command = c.site.Command("door.unlock");
         command.set_index(1);
         c.AskFor({Encode(command)}, {c.Alice()});
       }},
      {"BatchReordered", "path", &reason::kCommandMismatch,
       [](FakeCase& c) {
         std::vector<std::string> batch = c.site.Batch(4);
         c.AskFor(batch, {c.Alice()}, v1::PURPOSE_COMMAND, 0);
         std::swap(batch[1], batch[2]);
         *c.proof.mutable_path() = FakeSite::ProofOf({}, batch, 0).path();
       }},
      {"PathShorter", "path", &reason::kPathInvalid,
       [](FakeCase& c) {
         c.AskFor(c.site.Batch(4), {c.Alice()}, v1::PURPOSE_COMMAND, 2);
         c.proof.mutable_path()->RemoveLast();
       }},
      {"PathLonger", "path", &reason::kPathInvalid,
       [](FakeCase& c) {
         Unlock(c);
         c.proof.add_path(std::string(32, 'p'));
       }},
      {"PathHashOf31Bytes", "path", &reason::kPathInvalid,
       [](FakeCase& c) {
         c.AskFor(c.site.Batch(4), {c.Alice()}, v1::PURPOSE_COMMAND, 2);
         c.proof.mutable_path(0)->pop_back();
       }},
      {"PathHashChanged", "path", &reason::kCommandMismatch,
       [](FakeCase& c) {
         c.AskFor(c.site.Batch(4), {c.Alice()}, v1::PURPOSE_COMMAND, 2);
         c.proof.mutable_path(0)->back() ^= 1;
       }},
      {"LeafAsNode", "path", &reason::kCommandMismatch,
       [](FakeCase& c) {
         // The root of a batch of two offered as that of a batch of one.
         const std::vector<std::string> batch = c.site.Batch(2);
         c.edit = [](AuthorizationStatement& s) { s.set_batch_size(1); };
         c.AskFor(batch, {c.Alice()}, v1::PURPOSE_COMMAND, 0);
         c.proof.clear_path();
       }},
      {"OtherProof", "path", &reason::kCommandMismatch,
       [](FakeCase& c) {
         Unlock(c);
         c.command = c.site.CommandBytes("vault.open");
       }},
  };
}

}  // namespace u2fi::proof
