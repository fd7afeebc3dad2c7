// Cube as users start it, on a free port: `node --require $PWD/native.js server.js`. Prints the port once it answers.
'use strict';

const path = require('path');

process.chdir(path.join(__dirname, '..', '..'));
const { CubejsServer } = require('@cubejs-backend/server');
const configuration = require('../../semantic/cube.js');

new CubejsServer(configuration).listen().then(({ server }) => console.log(`listening ${server.address().port}`));
