#include "services/common/proof/fake_case.h"

#include "services/common/proof/command.h"
#include "services/common/proof/strict.h"

namespace u2fi::proof {

void FakeCase::Ask(absl::string_view operation, std::vector<FakeTouch> touches,
                   v1::Purpose purpose) {
  AskFor({site.CommandBytes(operation)}, std::move(touches), purpose);
}

void FakeCase::AskFor(std::vector<std::string> commands,
                      std::vector<FakeTouch> touches, v1::Purpose purpose,
                      uint32_t index) {
  FakeRequest request;
  request.purpose = purpose;
  request.commands = std::move(commands);
  request.touches = std::move(touches);
  request.edit = edit;
  command = request.commands[index];
  proof = site.Prove(request, index);
}

void FakeCase::AskForPins(const v1::PinSet& next,
                          std::vector<FakeTouch> touches, v1::Purpose purpose) {
  AskFor({site.CommandBytes("u2fi.pins", Encode(next))}, std::move(touches),
         purpose);
}

absl::StatusOr<VerifiedCommand> FakeCase::Verify() const {
  ASSIGN_OR_RETURN(const PinSet present, Present());
  VerifyInputs in = site.Inputs(blank ? nullptr : &present);
  if (offer.has_value()) in.lease_offer = &*offer;
  if (inputs) inputs(in);
  auto verdict = VerifyProof(command, proof, in);
  const auto by_bytes = VerifyProof(command, Encode(proof), in);
  if (verdict.status() != by_bytes.status()) {
    return absl::InternalError("message and bytes are judged differently: " +
                               by_bytes.status().ToString());
  }
  return verdict;
}

}  // namespace u2fi::proof
