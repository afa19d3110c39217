// Writes proof_vectors.json: good proofs, and proofs with a single fault, with
// what a device has to answer. One argument: the file to write. The keys are
// the same in every run, the signatures are not.
#include <fstream>
#include <iostream>
#include <map>

#include "nlohmann/json.hpp"
#include "services/common/crypto/encoding.h"
#include "services/common/proof/fake_case.h"
#include "services/common/proof/strict.h"

namespace u2fi::proof {
namespace {

using nlohmann::json;

constexpr char kAbout[] =
    "What a U2Fi device answers. Bytes are hex. For each case: give command, "
    "proof, the pin set pins[case.pins] (absent: the device is blank) and the "
    "other inputs to the verifier; expect the step and reason, or ok. An "
    "input that is absent is empty or zero.";

class Vectors {
 public:
  void Add(const char* name, const FakeCase& c, const char* step,
           const char* reason) {
    VerifyInputs in = c.site.Inputs(nullptr);
    if (c.inputs) c.inputs(in);
    json entry = {{"name", name},
                  {"command", crypto::Hex(c.command)},
                  {"proof", crypto::Hex(Encode(c.proof))},
                  {"device", in.device},
                  {"gateway", in.gateway},
                  {"now_ms", in.now_ms},
                  {"skew_ms", in.skew_ms},
                  {"lease_ended", in.lease_ended},
                  {"expect", {{"step", step}, {"reason", reason}}}};
    if (!c.blank) entry["pins"] = IndexOf(c.Present()->bytes());
    if (c.offer.has_value()) {
      entry["lease_offer"] = crypto::Hex(c.offer->offer());
      entry["lease_offer_signature"] = crypto::Hex(c.offer->signature());
    }
    cases_.push_back(std::move(entry));
  }

  json Document() const {
    return {{"about", kAbout}, {"pins", pins_}, {"cases", cases_}};
  }

 private:
  size_t IndexOf(const std::string& pins) {
    const auto [found, added] = indices_.emplace(pins, pins_.size());
    if (added) pins_.push_back(crypto::Hex(pins));
    return found->second;
  }

  std::map<std::string, size_t> indices_;
  std::vector<std::string> pins_;
  std::vector<json> cases_;
};

json AllVectors() {
  Vectors vectors;
  for (const FakeGoodCase& good : AllGoodCases()) {
    FakeCase c;
    good.make(c);
    vectors.Add(good.name, c, "", "ok");
  }
  for (const FakeFault& fault : AllFaults()) {
    FakeCase c;
    fault.make(c);
    // Acts on accounts never come to a device.
    if (std::string(fault.name) == "EnrolAtADevice") continue;
    vectors.Add(fault.name, c, fault.step, fault.reason->name);
  }
  return vectors.Document();
}

}  // namespace
}  // namespace u2fi::proof

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_proof_vectors FILE\n";
    return 2;
  }
  std::ofstream file(argv[1]);
  file << u2fi::proof::AllVectors().dump(1) << "\n";
  return file.good() ? 0 : 1;
}
