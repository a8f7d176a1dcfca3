// Package adversary is an interception box for tests and for trainers: it does to a connection what the box in Kazakhstan was measured to do, with
// keys made on the spot. It is never part of the program, it holds no real key and no real certificate, and its authorities are trusted by nobody
// who was not told to.
//
// # What was measured
//
// July 2019, https://censoredplanet.org/kazakhstan: the box acts on the name in the ClientHello, and only when the server behind it has a certificate
// that browsers trust. It presents a certificate with the subject and the names of that server's own, both dates six hours earlier, the last four
// bytes of the serial number changed, a key of its own (RSA 2048), and no other extension, signed by «C=KZ, CN=Security Certificate», which the
// root signed. Not every connection that fits is touched. 2021 to 2024, https://ooni.org/post/2024-kazakhstan-report/: intermediates of 75 days,
// in use beyond their time. [Box] does all of that, and the things that other boxes do: reset, silence, nonsense, a page on port 80.
package adversary
