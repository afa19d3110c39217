// proof.batch_item.rate: items of a batch of 1,000 verified in one thread after
// the first signature, as an agent does it, beside bare SHA-256 over the same
// leaf and path. proof.batch_item.kit_rate: the same by the C kit, with its
// cache, each item with its whole proof.
// proof.single.rate: single commands with a proof of one touch, beside bare
// ECDSA_verify (two of them are inside: the token's and the gateway's).
#include <cstdio>
#include <cstdlib>

#include "services/common/crypto/bare_ecdsa.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/c/fake_kit.h"
#include "services/common/proof/fake_case.h"
#include "services/common/proof/merkle.h"
#include "services/common/proof/strict.h"
#include "tests/load/bench_line.h"
#include "tests/load/interleaved.h"

namespace u2fi::load {
namespace {

namespace v1 = proof::v1;

constexpr int kRounds = 21;
constexpr int kItems = 1000;
constexpr char kHashing[] = "bare SHA-256 of leaf and path";

void Require(bool passed) {
  if (passed) return;
  std::fprintf(stderr, "proof_bench: a verification failed\n");
  std::exit(1);
}

// A batch of 1,000 commands of about 320 bytes under one touch.
struct Batch {
  Batch() {
    c.pins.clear_rules();
    for (int i = 0; i < kItems; ++i) {
      v1::Command command = c.site.Command("lamp.dim", std::string(200, ' '));
      command.set_index(i);
      command.set_sequence(100 + i);
      commands.push_back(proof::Encode(command));
    }
    proof::FakeRequest request;
    request.commands = commands;
    request.touches = {c.Alice()};
    const std::vector<v1::Approval> touched = c.site.ApproveAll(request);
    std::vector<crypto::Digest> leaves;
    for (const std::string& command : commands) {
      leaves.push_back(proof::Leaf(command));
    }
    const proof::MerkleTree tree = *proof::MerkleTree::Of(leaves);
    for (int i = 0; i < kItems; ++i) {
      v1::Proof proof;
      *proof.add_approvals() = touched[0];
      proof.set_index(i);
      for (std::string& hash : tree.Path(i)) proof.add_path(std::move(hash));
      proofs.push_back(proof);
      proof_bytes.push_back(proof::Encode(proof));
    }
  }

  // The least that any verifier hashes for item `i`.
  void HashOnly(int i) const {
    crypto::Digest hash = proof::Leaf(commands[i]);
    for (const std::string& sibling : proofs[i].path()) {
      hash = crypto::Sha256({"\1", crypto::View(hash), sibling});
    }
    Require(hash[0] != 0 || hash[1] != 0 || hash[2] != 0 || hash[3] != 0);
  }

  proof::FakeCase c;
  std::vector<std::string> commands;
  std::vector<v1::Proof> proofs;
  std::vector<std::string> proof_bytes;
};

void MeasureItems() {
  const Batch batch;
  const proof::PinSet pins = *batch.c.Present();
  const proof::VerifyInputs in = batch.c.site.Inputs(&pins);
  proof::Approvals approvals =
      *proof::Approvals::Parse(batch.proofs[0].approvals());
  int i = 0, j = 0;
  const Rates rates = MeasureInterleaved(
      kRounds, kItems,
      [&] {
        const v1::Proof& proof = batch.proofs[i];
        Require(proof::VerifyItem(batch.commands[i], proof.index(),
                                  {proof.path().begin(), proof.path().end()},
                                  approvals, in)
                    .ok());
        i = (i + 1) % kItems;
      },
      [&] { batch.HashOnly(j = (j + 1) % kItems); });
  PrintBenchLine(
      {"proof.batch_item.rate", rates.ours, "1/s", kHashing, rates.baseline});
}

void MeasureKitItems() {
  const Batch batch;
  const std::string pins = batch.c.Present()->bytes();
  const proof::VerifyInputs identity = batch.c.site.Inputs(nullptr);
  u2fi_cache cache{};
  u2fi_input in = proof::KitInput(identity);
  in.pins = proof::KitBytes(pins);
  in.cache = &cache;
  int i = 0, j = 0;
  const Rates rates = MeasureInterleaved(
      kRounds, kItems,
      [&] {
        u2fi_verified verified;
        in.command = proof::KitBytes(batch.commands[i]);
        in.proof = proof::KitBytes(batch.proof_bytes[i]);
        Require(u2fi_verify(&in, &verified) == U2FI_OK);
        i = (i + 1) % kItems;
      },
      [&] { batch.HashOnly(j = (j + 1) % kItems); });
  PrintBenchLine({"proof.batch_item.kit_rate", rates.ours, "1/s", kHashing,
                  rates.baseline});
}

void MeasureSingle() {
  proof::FakeCase c;
  c.Ask("door.unlock", {c.Alice()});
  const proof::PinSet pins = *c.Present();
  const proof::VerifyInputs in = c.site.Inputs(&pins);
  const v1::Approval& approval = c.proof.approvals(0);
  const crypto::BareEcdsa bare(c.site.alice.key.public_key().point());
  const crypto::Digest digest = crypto::Sha256(proof::SignedBytes(
      approval.authenticator_data(), approval.client_data()));
  const Rates rates = MeasureInterleaved(
      kRounds, 100,
      [&] { Require(proof::VerifyProof(c.command, c.proof, in).ok()); },
      [&] { Require(bare.Verify(digest, approval.signature())); });
  PrintBenchLine({"proof.single.rate", rates.ours, "1/s",
                  "BoringSSL ECDSA_verify P-256", rates.baseline});
}

int Main(int argc, char** argv) {
  if (IsAskedFor(argc, argv, "proof.batch_item.rate")) MeasureItems();
  if (IsAskedFor(argc, argv, "proof.batch_item.kit_rate")) MeasureKitItems();
  if (IsAskedFor(argc, argv, "proof.single.rate")) MeasureSingle();
  return 0;
}

}  // namespace
}  // namespace u2fi::load

int main(int argc, char** argv) { return u2fi::load::Main(argc, argv); }
